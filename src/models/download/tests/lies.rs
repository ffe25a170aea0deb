//! Servers that lie: other bytes, other lengths, other parts. Nothing of it is taken for the file.

use super::*;

#[test]
fn wrong_bytes_are_thrown_away_and_both_digests_are_named() {
    let (bench, file) = (Bench::new(), file(100_000));
    let server = Server::new(|ask| good(&vec![7; 100_000], TAG, ask));
    let error = bench.fetch(&wanted(&server, &file)).unwrap_err();
    assert!(error.is_tampering());
    let text = error.to_string();
    for digest in [Sha256::of(&file), Sha256::of(&vec![7; 100_000])] {
        assert!(text.contains(&digest.to_string()), "{text}");
    }
    assert_eq!(bench.names(), Vec::<String>::new());
}

#[test]
fn a_part_of_another_file_is_found_out() {
    // The first place cuts, and has other bytes in the second half: only the digest can tell.
    let (bench, file) = (Bench::new(), file(100_000));
    let body = file.clone();
    let server = Server::new(move |ask| match ask.before {
        0 => good(&body, "", ask).cut(50_000),
        1 => good(&vec![7; 100_000], "", ask),
        _ => good(&body, "", ask),
    });
    assert!(bench.fails(&wanted(&server, &file)).contains("another file"));
    assert_eq!(server.asked()[1].from(), Some(50_000));
    bench.gets(&wanted(&server, &file), &file);
}

#[test]
fn another_place_is_asked_when_one_has_the_wrong_file_or_none() {
    let (bench, file) = (Bench::new(), file(100_000));
    let wrong = Server::new(|ask| good(b"something else", TAG, ask));
    let none = Server::new(|_| Reply::new(404));
    let body = file.clone();
    let right = Server::new(move |ask| good(&body, TAG, ask));
    let mut wanted = wanted(&wrong, &file);
    wanted.places.extend([none.at("/x"), right.at("/y")]);
    let new = bench.gets(&wanted, &file);
    assert_eq!((new.from, new.resumed), (Some(right.at("/y")), 0));
    drop(new.claim);
    std::fs::remove_file(new.staged.path()).unwrap();
    wanted.places.pop();
    let error = bench.fails(&wanted);
    assert!(error.contains("another file") && error.contains("404"), "{error}");
    assert!(error.contains(&none.at("/x").to_string()), "{error}");
}

#[test]
fn ranges_that_were_not_asked_for_are_refused() {
    let file = file(100_000);
    for (range, length) in [
        ("bytes 0-99999/100000", 100_000),
        ("bytes 50001-99999/100000", 49_999),
        ("bytes 50000-99999/99999", 50_000),
        ("bytes 50000-99998/100000", 50_000),
        ("bytes 50000-49999/100000", 0),
        ("bytes */100000", 50_000),
        ("none", 50_000),
    ] {
        let (bench, body) = (Bench::new(), file.clone());
        let server = Server::new(move |ask| match ask.before {
            0 => good(&body, TAG, ask).cut(50_000),
            _ => good(&body, TAG, ask).with("Content-Range", range).with("Content-Length", length),
        });
        let error = bench.fails(&wanted(&server, &file));
        assert!(error.contains("answers a request for a part with"), "{range}: {error}");
        assert_eq!((server.asked().len(), bench.names().len()), (2, 2), "{range}");
    }
}

#[test]
fn another_total_means_another_file() {
    let (bench, file) = (Bench::new(), file(100_000));
    let body = file.clone();
    let server = Server::new(move |ask| match ask.before {
        0 => good(&body, TAG, ask).cut(50_000),
        1 => good(&body, TAG, ask).with("Content-Range", "bytes 50000-99999/200000"),
        _ => good(&body, TAG, ask),
    });
    bench.gets(&wanted(&server, &file), &file);
    let from: Vec<_> = server.asked().iter().map(Ask::from).collect();
    assert_eq!(from, [None, Some(50_000), None]);
}

#[test]
fn a_size_that_cannot_be_the_files_ends_it_at_once() {
    let (bench, file) = (Bench::new(), file(100_000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    let other = Wanted { size: Some(99_999), ..wanted(&server, &file) };
    let error = bench.fails(&other);
    assert!(error.contains("100000 bytes, and should have 99999"), "{error}");
    let server = Server::new(|_| Reply::new(200).with("Content-Length", 11 << 20).body(b"x"));
    let error = bench.fails(&wanted(&server, &file));
    assert!(error.contains("longer than 10485760 bytes"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn lengths_that_lie_give_no_file() {
    let file = file(100_000);
    // Less than was said: the rest is asked for, and there is none.
    let (bench, body) = (Bench::new(), file.clone());
    let server =
        Server::new(move |_| good(&body, TAG, &Ask::default()).with("Content-Length", 100_001));
    assert!(bench.fails(&wanted(&server, &file)).contains("tries brought nothing new"));
    // More than was said: what was said is read, and is not the file.
    let (bench, body) = (Bench::new(), file.clone());
    let server =
        Server::new(move |_| good(&body, TAG, &Ask::default()).with("Content-Length", 99_999));
    assert!(bench.fails(&wanted(&server, &file)).contains("another file"));
    // Nothing is said.
    let (bench, body) = (Bench::new(), file.clone());
    let server = Server::new(move |ask| good(&body, TAG, ask).without("Content-Length"));
    assert!(bench.fails(&unknown(&server)).contains("how long"));
}

#[test]
fn what_has_no_end_is_ended() {
    let (bench, file) = (Bench::new(), file(100_000));
    let endless = |_: &Ask| Reply::new(200).body(&[7; 50_000]).chunked().endless();
    let server = Server::new(endless);
    let error = bench.fails(&unknown(&server));
    assert!(error.contains("more than 10485760 bytes"), "{error}");
    let error = bench.fails(&Wanted { size: Some(100_000), ..wanted(&server, &file) });
    assert!(error.contains("more than 100000 bytes"), "{error}");
    // Nothing of ten mebibytes of sevens is kept.
    for entry in std::fs::read_dir(bench.incoming()).unwrap() {
        assert!(entry.unwrap().metadata().unwrap().len() < 1000);
    }
}

#[test]
fn compressed_files_are_refused() {
    let (bench, file) = (Bench::new(), file(1000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask).with("Content-Encoding", "gzip"));
    let error = bench.fails(&wanted(&server, &file));
    assert!(error.contains("compressed (gzip)"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_beginning_that_is_no_http_is_refused_and_what_a_server_says_is_made_harmless() {
    let (bench, file) = (Bench::new(), file(1000));
    for reply in [
        Reply::new(302).with("Location", "http://\u{1b}]0;x\u{7}/hunter2"),
        Reply::new(200).with("Content-Encoding", "\u{1b}[2J"),
        Reply::new(999),
        Reply::new(0),
        Reply::new(204),
        Reply::new(206).with("Content-Range", "bytes 0-9/10").body(&[0; 10]),
    ] {
        let server = Server::new(move |_| reply.clone());
        let error = bench.fails(&wanted(&server, &file));
        assert_eq!(crate::base::sanitize(&error), error);
    }
}
