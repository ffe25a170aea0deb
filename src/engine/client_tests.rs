//! The client against a fake worker: a thread that speaks the protocol by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::engine::Sampling;

/// A worker that is a thread; its pipes close when the thread returns.
struct Thread(String, Option<i32>);

impl Worker for Thread {
    fn end(&mut self) -> Ending {
        Ending { code: None, signal: self.1, stderr: self.0.clone() }
    }
}

fn fake(
    stderr: &str,
    signal: Option<i32>,
    life: impl FnOnce(&mut dyn Read, &mut dyn Write) + Send + 'static,
) -> io::Result<Transport> {
    let (mut worker_reads, writer) = std::io::pipe()?;
    let (reader, mut worker_writes) = std::io::pipe()?;
    std::thread::spawn(move || life(&mut worker_reads, &mut worker_writes));
    Ok(Transport {
        reader: Box::new(reader),
        writer: Box::new(writer),
        worker: Box::new(Thread(stderr.to_owned(), signal)),
    })
}

fn tell(writer: &mut dyn Write, id: u64, tell: Tell) {
    wire::send(writer, &Reply { id, tell }).unwrap();
}

fn greet_and_load(reader: &mut dyn Read, writer: &mut dyn Write) {
    tell(writer, 0, Tell::Hello { protocol: wire::PROTOCOL });
    let request: Request = wire::receive(reader).unwrap().unwrap();
    assert!(matches!(request.ask, Ask::Load(_)));
    let info = crate::engine::Scripted::new().info().clone();
    tell(writer, request.id, Tell::Loaded((&info).into()));
}

fn connect(launcher: impl Launcher + 'static) -> Result<Client, EngineError> {
    Client::connect(Box::new(launcher), LoadOptions::new("model.gguf"), &Cancel::new())
}

fn some_request() -> GenerateRequest {
    GenerateRequest {
        prompt: "p".to_owned(),
        n: 2,
        max_tokens: 4,
        sampling: Sampling::Greedy,
        ..GenerateRequest::default()
    }
}

#[test]
fn a_dead_worker_is_reported_and_replaced() {
    let launches = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&launches);
    let mut client = connect(move || {
        let life = count.fetch_add(1, Ordering::SeqCst);
        fake("noise\nggml.c:1: GGML_ASSERT(x > 0) failed\nbye\n", Some(6), move |r, w| {
            greet_and_load(r, w);
            let request: Request = wire::receive(r).unwrap().unwrap();
            if life > 0 {
                tell(w, request.id, Tell::Count(42));
                let _ = wire::receive::<Request>(r);
            }
        })
    })
    .unwrap();
    let error = client.count_tokens("x").unwrap_err().to_string();
    assert_eq!(
        error,
        "the model worker stopped: ggml.c:1: GGML_ASSERT(x > 0) failed (llama.cpp aborted)"
    );
    assert_eq!(client.count_tokens("x").unwrap(), 42);
    assert_eq!(launches.load(Ordering::SeqCst), 2);
}

#[test]
fn a_worker_that_always_dies_is_given_up() {
    let launches = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&launches);
    let mut client = connect(move || {
        count.fetch_add(1, Ordering::SeqCst);
        fake("", Some(9), |r, w| {
            greet_and_load(r, w);
            let _ = wire::receive::<Request>(r);
        })
    })
    .unwrap();
    for _ in 0..6 {
        let error = client.count_tokens("x").unwrap_err().to_string();
        assert!(error.contains("was memory short"), "{error}");
    }
    assert_eq!(launches.load(Ordering::SeqCst), MAX_DEATHS as usize);
}

#[test]
fn cancelling_does_not_wait_for_native_code_and_late_replies_are_dropped() {
    let mut client = connect(|| {
        fake("", None, |r, w| {
            greet_and_load(r, w);
            let first: Request = wire::receive(r).unwrap().unwrap();
            let text = Tell::Text { index: 1, text: "par".to_owned(), logprobs: vec![-0.5] };
            tell(w, first.id, text);
            let cancel: Request = wire::receive(r).unwrap().unwrap();
            assert!(matches!(cancel.ask, Ask::Cancel { id } if id == first.id));
            // Busy in native code: the answer comes only after the next request was sent.
            let second: Request = wire::receive(r).unwrap().unwrap();
            tell(w, first.id, Tell::Completions(Vec::new(), Usage::default()));
            tell(w, second.id, Tell::Count(3));
            let _ = wire::receive::<Request>(r);
        })
    })
    .unwrap();
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let mut seen = Vec::new();
    let completions = client
        .generate(&some_request(), &cancel, &mut |index, text| {
            seen.push((index, text.to_owned()));
            stop.cancel();
        })
        .unwrap();
    assert_eq!(seen, [(1, "par".to_owned())]);
    let best = &completions[0];
    assert_eq!((best.text.as_str(), best.finish), ("par", Finish::Cancelled));
    assert_eq!(client.count_tokens("abc").unwrap(), 3);
}

#[test]
fn another_protocol_garbage_and_a_silent_start_are_errors() {
    let error = connect(|| {
        fake("", None, |r, w| {
            tell(w, 0, Tell::Hello { protocol: 999 });
            let _ = wire::receive::<Request>(r);
        })
    });
    assert!(error.unwrap_err().to_string().contains("protocol 999"));
    let error = connect(|| {
        fake("", None, |r, w| {
            w.write_all(b"Usage: something else entirely\n").unwrap();
            let _ = wire::receive::<Request>(r);
        })
    });
    assert!(matches!(error, Err(EngineError::WorkerDied(_))));
    let error = connect(|| fake("slm: unknown command\n", Some(1), |_, _| {}));
    assert!(error.unwrap_err().to_string().contains("unknown command"));
    let error = connect(|| Err(io::Error::other("no more processes")));
    assert!(error.unwrap_err().to_string().contains("no more processes"));
}

#[test]
fn vectors_are_asked_for_in_portions_and_looked_at() {
    let serve = |vector: Vec<f32>| {
        move || {
            let vector = vector.clone();
            fake("", None, move |r, w| {
                tell(w, 0, Tell::Hello { protocol: wire::PROTOCOL });
                let load: Request = wire::receive(r).unwrap().unwrap();
                let info = crate::engine::Scripted::new().embedding(2).info().clone();
                tell(w, load.id, Tell::Loaded((&info).into()));
                while let Ok(Some(Request { id, ask: Ask::Embed { texts } })) = wire::receive(r) {
                    assert!((1..=vectors::MAX_TEXTS).contains(&texts.len()));
                    tell(w, id, Tell::Vectors(vec![vector.clone(); texts.len()]));
                }
            })
        }
    };
    let texts = vec!["text".to_owned(); 600];
    let mut client = connect(serve(vec![0.6, 0.8])).unwrap();
    assert_eq!(client.embed(&texts, &Cancel::new()).unwrap(), vec![vec![0.6, 0.8]; 600]);
    for wrong in [vec![1.0], vec![1.0, 0.0, 0.0], Vec::new()] {
        let mut client = connect(serve(wrong)).unwrap();
        let error = client.embed(&texts, &Cancel::new()).unwrap_err();
        assert!(matches!(error, EngineError::WorkerDied(_)), "{error}");
    }
}

#[test]
fn an_interrupted_worker_is_no_failure() {
    let mut client = connect(|| {
        fake("", Some(2), |r, w| {
            greet_and_load(r, w);
            let _ = wire::receive::<Request>(r);
        })
    })
    .unwrap();
    for _ in 0..2 * MAX_DEATHS {
        assert!(matches!(client.count_tokens("x"), Err(EngineError::Cancelled)));
    }
}

#[test]
fn loading_can_be_cancelled() {
    let cancel = Cancel::new();
    cancel.cancel();
    let launcher = || fake("", None, |r, _| while let Ok(Some(_)) = wire::receive::<Request>(r) {});
    let result = Client::connect(Box::new(launcher), LoadOptions::new("m"), &cancel);
    assert!(matches!(result, Err(EngineError::Cancelled)));
}

#[test]
fn without_llama_loading_says_so() {
    if cfg!(feature = "llama") {
        return;
    }
    let launcher = || fake("", None, |_, _| {});
    let result = Client::load(launcher, LoadOptions::new("m.gguf"), &Cancel::new());
    assert!(matches!(result, Err(EngineError::NotBuiltIn(path)) if path == *"m.gguf"));
}
