// Shows a field only while the answers it depends on ask for it. Without this script every field
// is shown, and the server checks the same conditions.
for (const form of document.querySelectorAll("form")) {
  const dependent = [...form.querySelectorAll("[data-needed-when]")];
  const valueOf = (name) => {
    const field = form.elements.namedItem(name);
    return field && "value" in field ? field.value : "";
  };
  const update = () => {
    for (const field of dependent) {
      const conditions = Object.entries(JSON.parse(field.dataset.neededWhen));
      field.hidden = !conditions.every(([name, values]) => values.includes(valueOf(name)));
      // What is hidden is not sent: a reason for declining has no place in an acceptance.
      for (const control of field.querySelectorAll("input, select, textarea")) {
        control.disabled = field.hidden;
      }
    }
  };
  if (dependent.length > 0) {
    form.addEventListener("change", update);
    update();
  }
}

// A file that is too large is refused before it is sent: the answer would come without the text.
for (const input of document.querySelectorAll("input[data-most-bytes]")) {
  input.addEventListener("change", () => {
    const fits = [...input.files].every((file) => file.size <= Number(input.dataset.mostBytes));
    input.setCustomValidity(fits ? "" : input.dataset.tooLarge);
    input.reportValidity();
  });
}

// Leads the reader to what is wrong.
document.querySelector(".error-summary")?.focus();
