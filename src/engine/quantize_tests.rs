//! What is refused before a worker is asked, and what the tiny models become.

use super::*;
use crate::engine::{Ending, Transport, Worker};

struct Dead;

impl Worker for Dead {
    fn end(&mut self) -> Ending {
        Ending { code: None, signal: Some(6), stderr: "GGML_ASSERT(x) failed\n".to_owned() }
    }
}

/// A worker that aborts when it is asked.
fn dead() -> io::Result<Transport> {
    Ok(Transport {
        reader: Box::new(io::empty()),
        writer: Box::new(io::sink()),
        worker: Box::new(Dead),
    })
}

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/tiny-llama.gguf")
}

fn options(dir: &Path, kind: QuantType) -> QuantizeOptions {
    QuantizeOptions {
        input: tiny(),
        output: dir.join("copy.gguf.part"),
        kind,
        threads: Some(1),
        again: false,
    }
}

#[test]
fn types_are_read_as_they_are_written() {
    for kind in QuantType::ALL {
        assert_eq!(kind.to_string().to_lowercase().parse(), Ok(kind));
    }
    let error = "q3_k".parse::<QuantType>().unwrap_err();
    assert!(error.contains("Q4_K_M, Q5_K_M"), "{error}");
}

#[test]
fn fewer_bits_are_fewer_bytes() {
    let sizes = QuantType::ALL.map(|kind| gguf::size_as(&tiny(), kind.bits()).unwrap());
    assert!(sizes.is_sorted(), "{sizes:?}");
    let whole = tiny().metadata().unwrap().len();
    // Halves of a model in single precision, but for its header and its norms.
    assert!(sizes[5] > whole / 2 && sizes[5] < whole * 6 / 10, "{sizes:?} of {whole}");
}

#[cfg(feature = "llama")]
mod real {
    use super::*;
    use crate::base::fs::write;
    use crate::engine::llama::tests::{launch, load};
    use crate::engine::{Engine as _, Findings, GenerateRequest, Message, Role, smoke};

    fn run(launcher: &dyn Launcher, options: &QuantizeOptions) -> Result<Quantized, EngineError> {
        quantize(launcher, options, &Cancel::new(), &mut |_, _| {})
    }

    /// What a model says that it knows by heart.
    fn by_heart(path: &Path) -> String {
        let mut engine = load(path.to_owned()).unwrap();
        let said = "Say hello to everybody.".to_owned();
        let prompt = engine.chat_prompt(&[Message { role: Role::User, content: said }]).unwrap();
        let request = GenerateRequest { prompt, max_tokens: 30, ..GenerateRequest::default() };
        let list = engine.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap();
        list[0].text.clone()
    }

    /// The mean log-likelihood of a token of code.
    fn measure(path: &Path) -> f32 {
        match smoke(&mut load(path.to_owned()).unwrap(), &Cancel::new()).unwrap().found {
            Findings::Writes(found) => found.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn copies_load_and_compute_nearly_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let trained = tiny().with_file_name("dialogue.gguf");
        let (says, whole) = (by_heart(&trained), measure(&trained));
        let mut lost = Vec::new();
        for kind in &QuantType::ALL[..5] {
            let options = QuantizeOptions { input: trained.clone(), ..options(dir.path(), *kind) };
            let mut seen = Vec::new();
            let mut note = |done, total| seen.push((done, total));
            let made = quantize(&launch, &options, &Cancel::new(), &mut note).unwrap();
            assert!(made.after < made.before && made.before == trained.metadata().unwrap().len());
            assert!(made.after <= gguf::size_as(&trained, kind.bits()).unwrap(), "{kind}");
            assert!(made.header.is_quantised && made.header.chat_template.is_some(), "{kind}");
            assert_eq!((seen[0], seen.last()), ((1, 38), Some(&(38, 38))), "{kind}");
            assert!(seen.is_sorted());
            lost.push((whole - measure(&options.output)).abs());
            assert_eq!(by_heart(&options.output), says, "{kind}");
            std::fs::remove_file(&options.output).unwrap();
        }
        // Nats per token, of code that it does not know.
        assert!(lost[0] < 1.0 && lost[4] < 0.05 && lost[4] < lost[0] / 2.0, "{lost:?}");
    }

    #[test]
    fn halves_are_nearly_the_whole() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), QuantType::F16);
        let made = run(&launch, &options).unwrap();
        assert!(!made.header.is_quantised && made.after < made.before * 6 / 10);
        assert!((measure(&options.output) - measure(&tiny())).abs() < 0.005);
    }

    #[test]
    fn embedders_shrink_too() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(dir.path(), QuantType::Q8_0);
        options.input = tiny().with_file_name("tiny-bert.gguf");
        let vector = |path: &Path| {
            let mut engine = load(path.to_owned()).unwrap();
            engine.embed(&["def parse(line)".to_owned()], &Cancel::new()).unwrap().remove(0)
        };
        let made = run(&launch, &options).unwrap();
        assert!(made.after < made.before && made.header.pooling.is_some());
        let likeness: f32 =
            vector(&options.input).iter().zip(vector(&options.output)).map(|(a, b)| a * b).sum();
        assert!(likeness > 0.999, "{likeness}");
    }

    #[test]
    fn what_cannot_be_done_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let good = options(dir.path(), QuantType::Q8_0);
        let refused = |launcher: &dyn Launcher, options: &QuantizeOptions| {
            let error = run(launcher, options).unwrap_err().to_string();
            (error, options.output.exists())
        };
        let (error, left) = refused(&dead, &good);
        assert!(error.contains("GGML_ASSERT(x) failed (llama.cpp aborted)") && !left, "{error}");
        let none = || Err(ErrorKind::PermissionDenied.into());
        let (error, left) = refused(&none, &good);
        assert!(error.contains("could not be started") && !left, "{error}");
        let cancel = Cancel::new();
        cancel.cancel();
        let cancelled = quantize(&launch, &good, &cancel, &mut |_, _| {});
        assert!(matches!(cancelled, Err(EngineError::Cancelled)) && !good.output.exists());

        let missing = QuantizeOptions { input: dir.path().join("none.gguf"), ..good.clone() };
        assert!(refused(&launch, &missing).0.contains("no such file"));
        let nowhere = QuantizeOptions { output: dir.path().join("no/dir/x"), ..good.clone() };
        assert!(refused(&launch, &nowhere).0.contains("cannot be written"));
        let onto = QuantizeOptions { output: dir.path().join("mine"), ..good.clone() };
        write(&onto.output, "a file of somebody").unwrap();
        let (error, left) = refused(&launch, &onto);
        assert!(error.contains("exists already") && left, "{error}");

        // Not a number in a matrix: only llama.cpp looks there.
        let mut bytes = crate::base::fs::read(&tiny()).unwrap();
        let end = bytes.len();
        // In the last matrix; behind it is the norm of 48 numbers.
        bytes[end - 400..end - 396].copy_from_slice(&f32::NAN.to_le_bytes());
        let damaged = dir.path().join("damaged.gguf");
        write(&damaged, &bytes).unwrap();
        let (error, left) = refused(&launch, &QuantizeOptions { input: damaged, ..good.clone() });
        assert!(error.contains("cannot quantise it") && !left, "{error}");
        assert!(error.contains("invalid data"), "{error}");
    }

    #[test]
    fn what_is_quantised_is_not_taken_for_whole() {
        let dir = tempfile::tempdir().unwrap();
        let first = options(dir.path(), QuantType::Q8_0);
        run(&launch, &first).unwrap();
        let mut second = options(dir.path(), QuantType::Q4_0);
        second.input = dir.path().join("first.gguf");
        std::fs::rename(&first.output, &second.input).unwrap();
        let error = run(&launch, &second).unwrap_err().to_string();
        assert!(error.contains("quantised already"), "{error}");
        second.again = true;
        let made = run(&launch, &second).unwrap();
        assert!(made.after < made.before);
        assert!(measure(&second.output) < 0.0);
    }
}
