//! How most weights of a file are stored, by the names under which such files are published.

use std::collections::BTreeMap;

use super::Raw;
use super::rules::Meta;

/// `general.file_type`, as llama.cpp counts (`llama_ftype` in llama.h); what is not here was withdrawn.
const FILE_TYPES: &[(u64, &str)] = &[
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (7, "Q8_0"),
    (8, "Q5_0"),
    (9, "Q5_1"),
    (10, "Q2_K"),
    (11, "Q3_K_S"),
    (12, "Q3_K_M"),
    (13, "Q3_K_L"),
    (14, "Q4_K_S"),
    (15, "Q4_K_M"),
    (16, "Q5_K_S"),
    (17, "Q5_K_M"),
    (18, "Q6_K"),
    (19, "IQ2_XXS"),
    (20, "IQ2_XS"),
    (21, "Q2_K_S"),
    (22, "IQ3_XS"),
    (23, "IQ3_XXS"),
    (24, "IQ1_S"),
    (25, "IQ4_NL"),
    (26, "IQ3_S"),
    (27, "IQ3_M"),
    (28, "IQ2_S"),
    (29, "IQ2_M"),
    (30, "IQ4_XS"),
    (31, "IQ1_M"),
    (32, "BF16"),
    (36, "TQ1_0"),
    (37, "TQ2_0"),
];

/// Types of tensors, as ggml counts (`ggml_type` in ggml.h).
const TENSOR_TYPES: &[(u32, &str)] = &[
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (6, "Q5_0"),
    (7, "Q5_1"),
    (8, "Q8_0"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (12, "Q4_K"),
    (13, "Q5_K"),
    (14, "Q6_K"),
    (20, "IQ4_NL"),
    (23, "IQ4_XS"),
    (30, "BF16"),
];

/// What the file says of itself, else the type that most of its weights have.
pub(super) fn of(raw: &Raw) -> Option<&'static str> {
    let said = Meta::new(raw).number("general.file_type").ok().flatten();
    let known = |said| FILE_TYPES.iter().find(|(number, _)| *number == said);
    said.and_then(known).map(|(_, name)| *name).or_else(|| most(raw))
}

fn most(raw: &Raw) -> Option<&'static str> {
    let mut weights: BTreeMap<u32, u64> = BTreeMap::new();
    for tensor in &raw.tensors {
        let count = tensor.shape.iter().fold(1, |product: u64, size| product.saturating_mul(*size));
        let sum = weights.entry(tensor.kind).or_default();
        *sum = sum.saturating_add(count);
    }
    let (kind, _) = weights.into_iter().max_by_key(|(_, count)| *count)?;
    TENSOR_TYPES.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}
