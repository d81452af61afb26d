"""Encryption of everything that Temporal stores: AES-256-GCM with a ring of keys."""

import os
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING: Final = b"binary/center1379-aes256gcm"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class UnreadablePayload(Exception):
    """A payload can't be decrypted: its key is not in the ring, or it is not what was written."""


@dataclass(frozen=True)
class KeyRing:
    """The keys with which payloads are read, and the one with which they are written.

    To rotate: add the new key everywhere, then make it the active one, and keep the old one for as
    long as histories written with it are kept.

    Attributes:
        active: Id of the key that encrypts.
        keys: Key by id.
    """

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str, active: str) -> "KeyRing":
        """Read a ring from `id:base64key,id:base64key`.

        Raises:
            ValueError: Says what is wrong, without repeating a key.
        """
        keys: dict[str, bytes] = {}
        for entry in text.split(","):
            key_id, _, encoded = entry.strip().partition(":")
            try:
                key = b64decode(encoded, validate=True)
            except Base64Error:
                key = b""
            if not key_id or len(key) != _KEY_BYTES:
                raise ValueError(f"each codec key is written id:base64 of {_KEY_BYTES} bytes")
            if key_id in keys:
                raise ValueError(f"the codec key {key_id} is given twice")
            keys[key_id] = key
        if active not in keys:
            raise ValueError(f"the active codec key {active} is not among the keys given")
        return cls(active, keys)


class EncryptionCodec(PayloadCodec):
    """Encrypts payloads bound to their key's id and their namespace; reads plain ones too.

    A payload copied from another namespace, or whose key id was changed, doesn't decrypt.
    """

    def __init__(self, ring: KeyRing, namespace: str) -> None:
        self._active = ring.active
        self._namespace = namespace.encode()
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring.keys.items()}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload, metadata included, with the active key and a fresh nonce."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what was encrypted; anything else passes as it is.

        Raises:
            UnreadablePayload: The key is missing, or the payload was changed or moved.
        """
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        # 96 random bits may repeat after some 2^32 payloads under one key; a case has hundreds.
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._active].encrypt(
            nonce, payload.SerializeToString(), self._bound_to(self._active)
        )
        return Payload(
            metadata={"encoding": ENCODING, "key-id": self._active.encode()}, data=nonce + sealed
        )

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get("key-id", b"").decode()
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnreadablePayload(
                f"A payload was encrypted with the key {key_id!r}, which is not among this"
                " process's codec keys. Add it to CENTER1379_CODEC_KEYS."
            )
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            opened = cipher.decrypt(nonce, sealed, self._bound_to(key_id))
        # A tampered payload may also be too short for its authentication tag.
        except (InvalidTag, ValueError) as error:
            raise UnreadablePayload(
                f"A payload does not open with the key {key_id!r}: another key has that id, the"
                " payload belongs to another namespace, or it was changed."
            ) from error
        return Payload.FromString(opened)

    def _bound_to(self, key_id: str) -> bytes:
        # Neither part can contain the separator's byte, so no two pairs give the same bytes.
        return key_id.encode() + b"\0" + self._namespace
