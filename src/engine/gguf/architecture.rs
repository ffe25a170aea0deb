//! Which architectures can generate text or make vectors here. Names as in llama.cpp's
//! `llama-arch.cpp`.

/// What a name in `general.architecture` means for slm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Generates,
    /// Encodes a text as vectors, and writes none.
    Embeds,
    /// Runs in llama.cpp, but does neither.
    Other(&'static str),
    Unknown,
}

const GENERATES: &[&str] = &[
    "afmoe",
    "apertus",
    "arcee",
    "arctic",
    "baichuan",
    "bailingmoe",
    "bailingmoe2",
    "bitnet",
    "bloom",
    "chatglm",
    "codeshell",
    "cohere2",
    "command-r",
    "dbrx",
    "deci",
    "deepseek",
    "deepseek2",
    "dots1",
    "ernie4_5",
    "ernie4_5-moe",
    "exaone",
    "exaone4",
    "falcon",
    "falcon-h1",
    "gemma",
    "gemma2",
    "gemma3",
    "gemma3n",
    "gemma4",
    "glm4",
    "glm4moe",
    "gpt-oss",
    "gpt2",
    "gptneox",
    "granite",
    "granitehybrid",
    "granitemoe",
    "grok",
    "grovemoe",
    "hunyuan-dense",
    "hunyuan-moe",
    "internlm2",
    "jais",
    "jais2",
    "jamba",
    "lfm2",
    "lfm2moe",
    "llama",
    "llama4",
    "maincoder",
    "mamba",
    "mamba2",
    "mellum",
    "minicpm",
    "minicpm3",
    "minimax-m2",
    "mistral3",
    "mpt",
    "nemotron",
    "nemotron_h",
    "nemotron_h_moe",
    "olmo",
    "olmo2",
    "olmoe",
    "openelm",
    "orion",
    "phi2",
    "phi3",
    "phimoe",
    "plamo",
    "plm",
    "qwen",
    "qwen2",
    "qwen2moe",
    "qwen2vl",
    "qwen3",
    "qwen35",
    "qwen35moe",
    "qwen3moe",
    "qwen3next",
    "qwen3vl",
    "qwen3vlmoe",
    "refact",
    "seed_oss",
    "smallthinker",
    "smollm3",
    "stablelm",
    "starcoder",
    "starcoder2",
    "xverse",
];

/// Encoders whose graphs `embedder` knows.
const EMBEDS: &[&str] = &[
    "bert",
    "eurobert",
    "gemma-embedding",
    "jina-bert-v2",
    "jina-bert-v3",
    "llama-embed",
    "modern-bert",
    "neo-bert",
    "nomic-bert",
    "nomic-bert-moe",
];

/// Of those that generate: those that published embedding models are made of.
const POOLS: &[&str] = &["gemma", "gemma2", "gemma3", "llama", "mistral3", "qwen2", "qwen3"];

const WHOLE_HEAD: &[&str] = &[
    "apertus",
    "arcee",
    "arctic",
    "baichuan",
    "chameleon",
    "codeshell",
    "dbrx",
    "deci",
    "deepseek",
    "dots1",
    "ernie4_5",
    "ernie4_5-moe",
    "exaone",
    "exaone4",
    "falcon",
    "granite",
    "granitemoe",
    "grok",
    "grovemoe",
    "hunyuan-moe",
    "internlm2",
    "jais2",
    "llama",
    "llama-embed",
    "llama4",
    "maincoder",
    "mellum",
    "mistral3",
    "olmo",
    "olmo2",
    "olmoe",
    "orion",
    "plamo",
    "qwen2",
    "qwen2moe",
    "qwen2vl",
    "qwen3",
    "qwen3moe",
    "qwen3vl",
    "qwen3vlmoe",
    "seed_oss",
    "smallthinker",
    "smollm3",
    "starcoder2",
    "xverse",
];

const OTHER: &[(&str, &str)] = &[
    ("clip", "a vision projector"),
    ("t5", "an encoder-decoder model"),
    ("t5encoder", "the encoder of a T5 model"),
    ("wavtokenizer-dec", "a speech model"),
    ("qwen3tts", "a speech model"),
    ("dream", "a diffusion model"),
    ("llada", "a diffusion model"),
    ("llada-moe", "a diffusion model"),
    ("rnd1", "a diffusion model"),
    ("eagle3", "a draft head for another model"),
    ("gemma4-assistant", "a draft head for another model"),
];

/// Looks a name up.
pub(super) fn of(name: &str) -> Use {
    if GENERATES.contains(&name) {
        return Use::Generates;
    }
    if EMBEDS.contains(&name) {
        return Use::Embeds;
    }
    OTHER
        .iter()
        .find(|(other, _)| *other == name)
        .map_or(Use::Unknown, |(_, what)| Use::Other(what))
}

/// Whether a model that generates makes vectors instead when its file says how to pool them.
pub(super) fn pools(name: &str) -> bool {
    POOLS.contains(&name)
}

/// Architectures that llama.cpp asks by a pattern which layers attend to a window. Encoders are in
/// `embedder`.
pub(super) fn slides(name: &str) -> bool {
    matches!(
        name,
        "afmoe"
            | "cohere2"
            | "exaone4"
            | "gemma2"
            | "gemma3"
            | "gemma3n"
            | "gpt-oss"
            | "llama4"
            | "mellum"
            | "olmo2"
            | "smallthinker"
    )
}

/// Whether an encoder's heads span the embedding, neither more nor less: the graphs of the others
/// project the queries.
pub(super) fn spans_embedding(name: &str) -> bool {
    EMBEDS.contains(&name) && !matches!(name, "gemma-embedding" | "llama-embed")
}

/// Whether an encoder tells first sentences from second ones.
pub(super) fn has_token_types(name: &str) -> bool {
    matches!(name, "bert" | "jina-bert-v2" | "jina-bert-v3" | "nomic-bert" | "nomic-bert-moe")
}

/// Whether an architecture's rotary dimension must be the whole head (`n_embd_head == n_rot`,
/// asserted in its graph).
pub(super) fn rotates_whole_head(name: &str) -> bool {
    WHOLE_HEAD.contains(&name)
}

/// Architectures whose keys and values differ in length (multi-head latent attention); the graphs
/// of the others assert that they do not.
pub(super) fn compresses_keys(name: &str) -> bool {
    matches!(name, "deepseek2" | "minicpm3" | "plm")
}

/// Architectures without a rotary embedding or without attention, free of the head rules.
pub(super) fn has_no_rope(name: &str) -> bool {
    matches!(
        name,
        "gpt2"
            | "bloom"
            | "mpt"
            | "starcoder"
            | "refact"
            | "jais"
            | "jais2"
            | "mamba"
            | "mamba2"
            | "nemotron_h"
            | "nemotron_h_moe"
            | "jamba"
    )
}
