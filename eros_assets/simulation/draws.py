"""The draws of `wilson_sample` and of the control arm, for many keys at once.

The formula and its constants are those of `sql/functions/wilson_sample.sql`.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from eros_assets.arrays import Floats, Ints

STEP = 2.220446049250313e-16
"""2^-52: the uniforms are 52 bits of a SHA-256 each, and a half."""


def hashed_uniforms(prefix: str, names: Iterable[object], suffix: str = "") -> Floats:
    """Four uniforms in (0, 1) from the SHA-256 of each of `prefix` + name + `suffix`: (n, 4)."""
    keys = [f"{prefix}{name}{suffix}".encode() for name in names]
    digests = b"".join([hashlib.sha256(key).digest() for key in keys])
    words = np.frombuffer(digests, dtype=">u8").astype(np.uint64).reshape(-1, 4)
    a, b, c, d = words.T
    slices = (
        a >> _n(12),
        ((a & _low(12)) << _n(40)) | (b >> _n(24)),
        ((b & _low(24)) << _n(28)) | (c >> _n(36)),
        ((c & _low(36)) << _n(16)) | (d >> _n(48)),
    )
    return (np.stack(slices, axis=1).astype(np.float64) + 0.5) * STEP


def wilson_draws(successes: Floats, failures: Floats, prefix: str, names: Ints) -> Floats:
    """`wilson_sample(successes, failures, prefix + name)` of each name."""
    first = hashed_uniforms(prefix, names.tolist(), "|0")
    second = hashed_uniforms(prefix, names.tolist(), "|1")
    return beta_from_uniforms(successes, failures, np.hstack((first, second)).T)


def beta_from_uniforms(a: Floats, b: Floats, u: Floats) -> Floats:
    """Samples of Beta(a, b) from eight uniforms each (8, ...): a ratio of two gammas.

    Wilson and Hilferty's cube-root transform with a shape boost of 3.
    """
    radius = np.sqrt(-2.0 * np.log(u[0]))
    angle = 2.0 * np.pi * u[1]
    first = _gamma(a, radius * np.cos(angle), u[2:5])
    second = _gamma(b, radius * np.sin(angle), u[5:8])
    return first / (first + second)


def _gamma(shape: Floats, normal: Floats, u: Floats) -> Floats:
    boosted = shape + 3.0
    root = 1.0 - 1.0 / (9.0 * boosted) + normal / (3.0 * np.sqrt(boosted))
    lowered = np.log(u[0]) / shape + np.log(u[1]) / (shape + 1.0) + np.log(u[2]) / (shape + 2.0)
    return boosted * np.maximum(root, 1e-9) ** 3 * np.exp(lowered)


def _n(bits: int) -> np.uint64:
    return np.uint64(bits)


def _low(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)
