"""The encoder that ships with the product, where this machine can run it."""

import threading

import numpy as np
import pytest

from matching import encoder as encoding
from matching.encoder import E5Encoder, Vectors, shipped_encoder


@pytest.fixture(scope="module")
def encoder() -> E5Encoder:
    found = shipped_encoder()
    if found is None:
        pytest.skip("the encoder does not run on this machine")
    return found


def test_a_difficulty_is_nearer_to_what_solves_it_than_to_something_else(
    encoder: E5Encoder,
) -> None:
    asked = encoder.encode_question("금속 주물 제품에 기포 같은 결함이 자꾸 생겨요")
    casting, milk = encoder.encode_passages(
        ["알루미늄 다이캐스팅의 기공 저감 방법", "우유의 살균 온도를 조절하는 장치"]
    )

    assert asked @ casting > asked @ milk
    assert asked.shape == (encoder.dimensions,)
    assert np.linalg.norm(asked) == pytest.approx(1, abs=1e-3)


def test_threads_may_share_it(encoder: E5Encoder) -> None:
    texts = [f"레이저 용접 균열 {i}" for i in range(4)]
    alone = [encoder.encode_question(text) for text in texts]
    together: list[Vectors] = [np.empty(0, dtype=np.float32)] * len(texts)

    def encode(i: int) -> None:
        together[i] = encoder.encode_question(texts[i])

    threads = [threading.Thread(target=encode, args=(i,)) for i in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(a == pytest.approx(b, abs=1e-5) for a, b in zip(alone, together, strict=True))


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "😀" * 2000, "가" * 20_000])
def test_any_text_has_a_vector(encoder: E5Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode_question(text)).all()


def test_a_processor_without_the_instructions_goes_by_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = tmp_path_factory.mktemp("cpu") / "cpuinfo"
    old.write_text("flags : sse2 avx f16c\n")
    monkeypatch.setattr(encoding, "_CPU", old)

    assert shipped_encoder.__wrapped__() is None

    monkeypatch.setattr(encoding, "_CPU", old.with_name("absent"))
    assert shipped_encoder.__wrapped__() is None
