"""A model for ffmpeg's whisper filter that is made here: as small as whisper.cpp takes, and deaf.

Whatever it hears, its language is Chinese and each half minute says the same, because all of its weights are zero but
those that let the position in the answer choose the next word. So the true filter runs, with a known outcome and
nothing fetched. Layout of the file: whisper.cpp, whisper_model_load.
"""

import math
import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC = 0x67676D6C
WORDS = {0: " ", 100: " Hello", 101: " class.", 102: "同学们好"}
END, FIRST_LANGUAGE, START_OF_TIMES = 50257, 50259, 50364
LANGUAGE = FIRST_LANGUAGE + 1  # zh
VOCABULARY, MELS, BINS = 51865, 80, 201
STATE, SOUNDS, TOKENS = 32, 1500, 448
LOUD = 1000.0
FULL, HALF = 0, 1  # bytes of a number: 4, 2


def write_model(path: Path, *, times_s: tuple[float, float] = (2.0, 30.0)) -> None:
    """Write a model that says "Hello class." from 0 to the first time, and 同学们好 from there to the second."""
    first, second = (START_OF_TIMES + round(time / 0.02) for time in times_s)
    # Position 0 is asked for the language; the answer begins at 2, after language and task.
    says = {0: LANGUAGE, 2: START_OF_TIMES, 3: 100, 4: 101, 5: first, 6: first, 7: 102, 8: second}
    with path.open("wb") as file:
        sizes = (VOCABULARY, SOUNDS, STATE, 1, 1, TOKENS, STATE, 1, 1, MELS, HALF)
        file.write(struct.pack("<I11i", MAGIC, *sizes))
        file.write(struct.pack("<2i", MELS, BINS) + bytes(4 * MELS * BINS))
        words = [WORDS.get(number, f"w{number}").encode() for number in range(max(WORDS) + 1)]
        file.write(struct.pack("<i", len(words)))
        file.writelines(struct.pack("<I", len(word)) + word for word in words)
        for name, shape, values in _tensors(says):
            head = struct.pack("<3i", len(shape), len(name), _type(name, shape)) + struct.pack(
                f"<{len(shape)}i", *shape
            )
            file.write(head + name.encode() + values)


def _tensors(says: dict[int, int]) -> Iterator[tuple[str, tuple[int, ...], bytes]]:
    places = {token: place for place, token in enumerate(sorted({*says.values(), END}))}
    wanted = [places[says.get(position, END)] for position in range(TOKENS)]
    embedding = bytearray(2 * STATE * VOCABULARY)
    for token, place in places.items():
        struct.pack_into("<e", embedding, 2 * (token * STATE + place), 1.0)
    positions = bytearray(4 * STATE * TOKENS)
    for position, place in enumerate(wanted):
        struct.pack_into("<f", positions, 4 * (position * STATE + place), LOUD)
    yield from map(_zeros, _encoder())
    yield "decoder.positional_embedding", (STATE, TOKENS), bytes(positions)
    yield "decoder.token_embedding.weight", (STATE, VOCABULARY), bytes(embedding)
    yield "decoder.ln.weight", (STATE,), struct.pack(f"<{STATE}f", *[10.0] * STATE)
    yield _zeros(("decoder.ln.bias", (STATE,)))
    yield from map(_zeros, _block("decoder.blocks.0", attentions=("attn", "cross_attn")))


def _encoder() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "encoder.positional_embedding", (STATE, SOUNDS)
    yield "encoder.conv1.weight", (3, MELS, STATE)
    yield "encoder.conv1.bias", (1, STATE)
    yield "encoder.conv2.weight", (3, STATE, STATE)
    yield "encoder.conv2.bias", (1, STATE)
    yield from _norm("encoder.ln_post")
    yield from _block("encoder.blocks.0", attentions=("attn",))


def _block(name: str, *, attentions: tuple[str, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _norm(f"{name}.mlp_ln")
    yield f"{name}.mlp.0.weight", (STATE, 4 * STATE)
    yield f"{name}.mlp.0.bias", (4 * STATE,)
    yield f"{name}.mlp.2.weight", (4 * STATE, STATE)
    yield f"{name}.mlp.2.bias", (STATE,)
    for attention in attentions:
        yield from _norm(f"{name}.{attention}_ln")
        for part in ("query", "key", "value", "out"):
            yield f"{name}.{attention}.{part}.weight", (STATE, STATE)
            if part != "key":
                yield f"{name}.{attention}.{part}.bias", (STATE,)


def _norm(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (STATE,)
    yield f"{name}.bias", (STATE,)


def _zeros(tensor: tuple[str, tuple[int, ...]]) -> tuple[str, tuple[int, ...], bytes]:
    name, shape = tensor
    return name, shape, bytes((2 if _type(name, shape) == HALF else 4) * math.prod(shape))


def _type(name: str, shape: tuple[int, ...]) -> int:
    return HALF if len(shape) > 1 and name.endswith(".weight") else FULL
