"""Stage `quantise`: the model that is shipped, its matrices in eight bits (Q8_0)."""

from . import export

SHIPPED = "slm-repair.gguf"
MAX_BYTES = 64 << 20


def run(config, out):
    size = export.write(config, out, out / SHIPPED, "q8_0")
    if size > MAX_BYTES:
        raise SystemExit(f"{SHIPPED} has {size} bytes, more than the {MAX_BYTES} that may be shipped")
    return {"bytes": size}
