"""Payloads are unreadable without their key, and readable after every rotation."""

import os
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from infra.codec import EncryptionCodec, KeyRing, UnreadablePayload

OLD = os.urandom(32)
NEW = os.urandom(32)
DECISION = Payload(metadata={"encoding": b"json/plain"}, data=b'{"accepted": true}')


def codec(ring: dict[str, bytes], active: str, namespace: str = "default") -> EncryptionCodec:
    return EncryptionCodec(KeyRing(active, ring), namespace)


@given(data=st.binary(max_size=2000), encoding=st.binary(max_size=40))
async def test_what_is_encrypted_comes_back_as_it_was(data: bytes, encoding: bytes) -> None:
    one = codec({"old": OLD}, "old")
    payload = Payload(metadata={"encoding": encoding}, data=data)

    assert await one.decode(await one.encode([payload])) == [payload]


async def test_nothing_of_a_payload_stands_in_clear_text() -> None:
    [sealed] = await codec({"old": OLD}, "old").encode([DECISION])

    assert b"accepted" not in sealed.SerializeToString()
    assert b"json/plain" not in sealed.SerializeToString()


async def test_the_same_payload_is_never_encrypted_to_the_same_bytes() -> None:
    first, second = await codec({"old": OLD}, "old").encode([DECISION, DECISION])

    assert first.data != second.data


async def test_after_a_rotation_old_payloads_are_read_and_new_ones_use_the_new_key() -> None:
    sealed = await codec({"old": OLD}, "old").encode([DECISION])
    rotated = codec({"old": OLD, "new": NEW}, "new")

    assert await rotated.decode(sealed) == [DECISION]
    [resealed] = await rotated.encode([DECISION])
    assert resealed.metadata["key-id"] == b"new"


async def test_a_payload_whose_key_is_gone_is_refused_with_the_keys_name() -> None:
    sealed = await codec({"old": OLD}, "old").encode([DECISION])

    with pytest.raises(UnreadablePayload, match="'old', which is not among"):
        await codec({"new": NEW}, "new").decode(sealed)


async def test_another_key_under_the_same_id_is_refused() -> None:
    sealed = await codec({"old": OLD}, "old").encode([DECISION])

    with pytest.raises(UnreadablePayload, match="does not open with the key 'old'"):
        await codec({"old": NEW}, "old").decode(sealed)


async def test_a_payload_from_another_namespace_is_refused() -> None:
    sealed = await codec({"old": OLD}, "old", "training").encode([DECISION])

    with pytest.raises(UnreadablePayload, match="another namespace"):
        await codec({"old": OLD}, "old", "production").decode(sealed)


async def test_a_payload_relabelled_with_another_key_of_the_same_bytes_is_refused() -> None:
    ring = {"old": OLD, "alias": OLD}
    [sealed] = await codec(ring, "old").encode([DECISION])
    sealed.metadata["key-id"] = b"alias"

    with pytest.raises(UnreadablePayload):
        await codec(ring, "old").decode([sealed])


@pytest.mark.parametrize("keep", [0, 5, 12, 20])
async def test_a_payload_cut_short_is_refused(keep: int) -> None:
    one = codec({"old": OLD}, "old")
    [sealed] = await one.encode([DECISION])
    cut = Payload(metadata=sealed.metadata, data=sealed.data[:keep])

    with pytest.raises(UnreadablePayload):
        await one.decode([cut])


async def test_a_plain_payload_of_before_encryption_is_still_read() -> None:
    assert await codec({"old": OLD}, "old").decode([DECISION]) == [DECISION]


def test_a_ring_is_read_from_one_line() -> None:
    text = f"old:{b64encode(OLD).decode()}, new:{b64encode(NEW).decode()}"

    assert KeyRing.parse(text, "new") == KeyRing("new", {"old": OLD, "new": NEW})


@pytest.mark.parametrize(
    ("text", "active", "reason"),
    [
        ("", "a", "id:base64 of 32 bytes"),
        ("a:not base64", "a", "id:base64 of 32 bytes"),
        (f"a:{b64encode(OLD[:31]).decode()}", "a", "id:base64 of 32 bytes"),
        (f":{b64encode(OLD).decode()}", "", "id:base64 of 32 bytes"),
        (f"a:{b64encode(OLD).decode()},a:{b64encode(NEW).decode()}", "a", "given twice"),
        (f"a:{b64encode(OLD).decode()}", "b", "not among the keys given"),
    ],
)
def test_a_wrong_ring_is_refused_without_repeating_a_key(
    text: str, active: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        KeyRing.parse(text, active)

    assert b64encode(OLD).decode() not in str(refusal.value)


def test_a_ring_does_not_show_its_keys() -> None:
    assert "keys" not in repr(KeyRing("old", {"old": OLD}))
