"""Stage `export`: the trained weights as GGUF files in full and half precision.

Q and K are stored as they are: the model rotates neighbouring pairs, as llama.cpp's `llama` architecture
does. The output matrix is that of the embeddings and is left out, which llama.cpp understands.
"""

import gguf
import numpy as np

from . import bpe, format, train

LICENCE = "MIT OR Apache-2.0"
MODEL_VERSION = "1"
TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}


def run(config, out):
    """Write `slm-repair-f32.gguf` and `slm-repair-f16.gguf`; returns their sizes in bytes."""
    return {kind: write(config, out, out / f"slm-repair-{kind}.gguf", kind) for kind in ("f32", "f16")}


def write(config, out, path, kind):
    """Write the model of `out` to `path` with its matrices as `kind`; returns the size in bytes."""
    model, codec = train.load(out), bpe.Codec(out)
    quantisation, file_type = TYPES[kind]
    writer = gguf.GGUFWriter(str(path), "llama")
    metadata(writer, config, model.shape, file_type)
    vocabulary(writer, codec)
    for name, values in tensors(model):
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            writer.add_tensor(name, gguf.quants.quantize(values, quantisation), raw_dtype=quantisation)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.stat().st_size


def version_of(config):
    """The model's version: of the recipe, and which preset made it."""
    return f"{MODEL_VERSION}-{config['preset']}"


def metadata(writer, config, shape, file_type):
    writer.add_name("slm-repair")
    writer.add_description("Small edits that repair a window of code; trained from scratch.")
    writer.add_license(LICENCE)
    writer.add_file_type(file_type)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_uint32("slm.format_version", format.VERSION)
    writer.add_string("slm.model_version", version_of(config))
    writer.add_string("slm.languages", ",".join(config["languages"]))
    writer.add_string("slm.corpus", "training/corpus.tsv")


def vocabulary(writer, codec):
    """The tokenizer as llama.cpp reads it; the special tokens are of the control kind."""
    tokens = [codec.inner.id_to_token(index) for index in range(len(codec))]
    control, normal = int(gguf.TokenType.CONTROL), int(gguf.TokenType.NORMAL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("starcoder")
    writer.add_token_list(tokens)
    writer.add_token_types([control if index < format.RESERVED else normal for index in range(len(tokens))])
    writer.add_token_merges(codec.merges())
    writer.add_bos_token_id(codec.special["<bos>"])
    writer.add_eos_token_id(codec.special["<eos>"])
    writer.add_eot_token_id(codec.special["<end>"])
    writer.add_pad_token_id(codec.special["<pad>"])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    for part in ("prefix", "suffix", "middle"):
        writer.add_uint32(f"tokenizer.ggml.fim_{part[:3]}_token_id", codec.special[f"<fim_{part}>"])
    writer.add_uint32("tokenizer.ggml.fim_pad_token_id", codec.special["<pad>"])


def tensors(model):
    """Names as llama.cpp knows them, and values as float32 arrays."""

    def values(parameter):
        return parameter.detach().float().cpu().numpy().astype(np.float32)

    yield "token_embd.weight", values(model.embedding.weight)
    for index, layer in enumerate(model.layers):
        for name, parameter in layer.named_parameters():
            yield f"blk.{index}.{name}", values(parameter)
    yield "output_norm.weight", values(model.norm.weight)
