//! The work of quantising, which llama.cpp does in one call: its messages are the only sign of life.

#![allow(unsafe_code, reason = "llama-cpp-2 has no call for it")]

use std::ffi::CString;
use std::path::Path;

use llama_cpp_sys_2 as sys;
use tracing_subscriber::layer::SubscriberExt as _;

use super::logs::{Errors, Forward, Sink};
use super::model::readable;
use super::{Line, backend, threads};
use crate::engine::wire::{Level, Tell};
use crate::engine::{EngineError, QuantType, QuantizeOptions, gguf};

/// Bytes of weights in memory at a time; llama.cpp's own bound is 8 GiB.
const BUFFER: usize = 256 << 20;

/// Makes the copy.
///
/// # Errors
/// [`EngineError::BadModel`] with what llama.cpp says.
pub(super) fn quantize(
    line: &Line,
    id: u64,
    options: &QuantizeOptions,
) -> Result<Tell, EngineError> {
    let QuantizeOptions { input, output, kind, again, .. } = options;
    let bad = |reason: String| EngineError::BadModel { path: input.clone(), reason };
    gguf::check(input)?;
    backend()?;
    let errors = Errors::default();
    let layer = Forward::new(progress(line.clone(), id), errors.clone(), true);
    let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    llama_cpp_2::send_logs_to_tracing(llama_cpp_2::LogOptions::default());
    let (from, to) = (c_path(input).map_err(bad)?, c_path(output).map_err(bad)?);
    // SAFETY: a function without arguments that gives a plain structure.
    let mut params = unsafe { sys::llama_model_quantize_default_params() };
    params.nthread = threads::choose(options.threads);
    params.ftype = file_type(*kind);
    params.allow_requantize = *again;
    params.max_buf_size = BUFFER;
    // SAFETY: both paths end with a zero byte and live longer than the call, as `params` does, in
    // which every pointer is null. The call catches what it throws itself.
    let failed = unsafe { sys::llama_model_quantize(from.as_ptr(), to.as_ptr(), &params) };
    if failed != 0 {
        let cause = errors.cause().unwrap_or_else(|| "it does not say why".to_owned());
        return Err(bad(format!("llama.cpp cannot quantise it: {}", readable(&cause))));
    }
    Ok(Tell::Quantized)
}

/// Tells the client of each tensor, and of what goes wrong.
fn progress(line: Line, id: u64) -> Sink {
    Box::new(move |level, message| match counted(message) {
        Some((done, total)) => {
            // A client that is gone is noticed at the latest with the final reply.
            let _ = line.tell(id, Tell::Progress { done, total });
        }
        None if matches!(level, Level::Error | Level::Warn) => line.log(level, message),
        None => {}
    })
}

/// The numbers in `[  12/ 290] blk.1.attn_q.weight - ...`.
fn counted(message: &str) -> Option<(usize, usize)> {
    let (done, total) = message.strip_prefix('[')?.split_once(']')?.0.split_once('/')?;
    Some((done.trim().parse().ok()?, total.trim().parse().ok()?))
}

fn c_path(path: &Path) -> Result<CString, String> {
    let text = path.to_str().ok_or("its path is no valid UTF-8")?;
    CString::new(text).map_err(|_| "its path holds a zero byte".to_owned())
}

fn file_type(kind: QuantType) -> sys::llama_ftype {
    match kind {
        QuantType::Q4_0 => sys::LLAMA_FTYPE_MOSTLY_Q4_0,
        QuantType::Q4_K_M => sys::LLAMA_FTYPE_MOSTLY_Q4_K_M,
        QuantType::Q5_K_M => sys::LLAMA_FTYPE_MOSTLY_Q5_K_M,
        QuantType::Q6_K => sys::LLAMA_FTYPE_MOSTLY_Q6_K,
        QuantType::Q8_0 => sys::LLAMA_FTYPE_MOSTLY_Q8_0,
        QuantType::F16 => sys::LLAMA_FTYPE_MOSTLY_F16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_messages() {
        assert_eq!(counted("[   3/ 290]  output.weight - [ 32, 300, 1, 1], type"), Some((3, 290)));
        for other in ["size = 3 MiB", "[x/3] y", "[3] y", "", "[1/2", "converting to q4_0 .. "] {
            assert_eq!(counted(other), None, "{other}");
        }
    }
}
