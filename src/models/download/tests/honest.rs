//! Servers that mean well: whole files, lost connections, and going on where it ended.

use super::*;

#[test]
fn a_file_comes_whole_and_nothing_else_stays() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    let mut wanted = wanted(&server, &file);
    wanted.size = Some(300_000);
    let mut seen = Vec::new();
    let cancel = Cancel::new();
    let mut note = |progress: crate::models::watch::Progress| seen.push(progress);
    let incoming = bench.incoming();
    let mut watch = Watch::new(&cancel, &mut note);
    let Fetched::New(new) =
        fetch(&wanted, &bench.network, &incoming, &|_| false, &mut watch).unwrap()
    else {
        panic!("it was not there")
    };
    assert_eq!((new.resumed, new.via.len(), new.from.as_ref()), (0, 0, Some(&wanted.places[0])));
    assert_eq!(bench.names(), ["lock", "whole"]);
    drop(new);
    assert_eq!(bench.names(), ["whole"]);
    for what in ["downloading", "checking"] {
        let of_it: Vec<_> = seen.iter().filter(|progress| progress.what == what).collect();
        assert_eq!(of_it.last().map(|last| (last.done, last.of)), Some((300_000, Some(300_000))));
    }
    let [ask] = &server.asked()[..] else { panic!("asked more than once") };
    assert_eq!((ask.method.as_str(), ask.header("accept-encoding")), ("GET", Some("identity")));
    for name in ["authorization", "cookie", "range", "referer"] {
        assert_eq!(ask.header(name), None);
    }
    // It is still there, and is not asked for again.
    bench.gets(&wanted, &file);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_lost_connection_is_taken_up_where_it_ended() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    let server = Server::new(move |ask| match ask.before {
        0..3 => good(&body, TAG, ask).cut(80_000),
        _ => good(&body, TAG, ask),
    });
    let new = bench.gets(&wanted(&server, &file), &file);
    assert_eq!(new.resumed, 0);
    let from: Vec<_> = server.asked().iter().map(Ask::from).collect();
    assert_eq!(from, [None, Some(80_000), Some(160_000), Some(240_000)]);
    assert!(server.asked()[1..].iter().all(|ask| ask.header("if-range") == Some(TAG)));
}

#[test]
fn the_next_try_goes_on_with_what_the_last_one_got() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    // Three requests in vain; the fourth is answered.
    let server = Server::new(move |ask| match ask.before {
        0 => good(&body, TAG, ask).cut(80_000),
        1..4 => Reply::new(503),
        _ => good(&body, TAG, ask),
    });
    let wanted = wanted(&server, &file);
    let error = bench.fails(&wanted);
    assert!(error.contains("503") && error.contains("3 tries"), "{error}");
    assert_eq!(bench.names(), ["part", "part.toml"]);
    let new = bench.gets(&wanted, &file);
    assert_eq!(new.resumed, 80_000);
    assert_eq!(server.asked().last().unwrap().from(), Some(80_000));
}

#[test]
fn without_a_digest_only_a_server_that_vouches_is_resumed() {
    let file = file(300_000);
    for (tag, resumed) in [(TAG, 80_000), ("W/\"weak\"", 0), ("", 0)] {
        let (bench, body) = (Bench::new(), file.clone());
        let server = Server::new(move |ask| match ask.before {
            0 => good(&body, tag, ask).cut(80_000),
            1..4 => Reply::new(503),
            _ => good(&body, tag, ask),
        });
        bench.fails(&unknown(&server));
        assert_eq!(bench.gets(&unknown(&server), &file).resumed, resumed, "{tag}");
    }
}

#[test]
fn a_date_vouches_where_there_is_no_tag() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    const DATE: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
    let server = Server::new(move |ask| {
        let reply = good(&body, DATE, ask).without("ETag").with("Last-Modified", DATE);
        if ask.before == 0 { reply.cut(80_000) } else { reply }
    });
    bench.gets(&unknown(&server), &file);
    assert_eq!(server.asked()[1].header("if-range"), Some(DATE));
}

#[test]
fn a_server_without_ranges_starts_again() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    let server = Server::new(move |ask| {
        let whole = good(&body, TAG, &Ask::default());
        if ask.before == 0 { whole.cut(80_000) } else { whole }
    });
    bench.gets(&wanted(&server, &file), &file);
    assert_eq!(server.asked()[1].from(), Some(80_000));
}

#[test]
fn a_server_without_ranges_that_never_ends_is_left() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    let server = Server::new(move |_| good(&body, TAG, &Ask::default()).cut(80_000));
    let error = bench.fails(&wanted(&server, &file));
    assert!(error.contains("3 tries brought nothing new"), "{error}");
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn parts_that_are_smaller_than_asked_for_add_up() {
    let (bench, file) = (Bench::new(), file(300_000));
    let body = file.clone();
    let server = Server::new(move |ask| match ask.from() {
        None => good(&body, TAG, ask).cut(100_000),
        Some(from) => {
            let end = (from + 90_000).min(body.len());
            Reply::new(206)
                .with("Content-Range", format!("bytes {from}-{}/{}", end - 1, body.len()))
                .with("Content-Length", end - from)
                .body(&body[from..end])
        }
    });
    bench.gets(&wanted(&server, &file), &file);
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn a_file_that_changes_on_the_way_is_got_anew() {
    let (old, new) = (file(200_000), file(200_000).into_iter().rev().collect::<Vec<u8>>());
    for honours_if_range in [true, false] {
        let (bench, old, body) = (Bench::new(), old.clone(), new.clone());
        let server = Server::new(move |ask| match ask.before {
            0 => good(&old, TAG, ask).cut(80_000),
            _ if honours_if_range => good(&body, "\"two\"", ask),
            // It gives the rest of the new file, although the old one was asked for.
            _ => good(&body, TAG, ask).with("ETag", "\"two\""),
        });
        bench.gets(&unknown(&server), &new);
        let from: Vec<_> = server.asked().iter().map(Ask::from).collect();
        let again = if honours_if_range { 2 } else { 3 };
        assert_eq!(from, [None, Some(80_000), None][..again]);
    }
}

#[test]
fn a_part_that_is_the_whole_needs_no_more() {
    // The server says no size, so that the last request ends with 416.
    let (mut bench, file) = (Bench::new(), file(200_000));
    bench.network.limits.silence = Duration::from_secs(2);
    let body = file.clone();
    let server = Server::new(move |ask| match ask.from() {
        None => good(&body, TAG, ask).chunked().then_silence(),
        Some(_) => good(&body, TAG, ask),
    });
    bench.gets(&wanted(&server, &file), &file);
    assert_eq!(server.asked().last().unwrap().from(), Some(200_000));
}

#[test]
fn too_many_bytes_in_a_part_are_no_hindrance() {
    // What was kept is longer than what the server has now.
    let (bench, old, file) = (Bench::new(), file(200_000), file(50_000));
    let (before, body) = (old.clone(), file.clone());
    let server = Server::new(move |ask| match ask.before {
        0 => good(&before, "", ask).cut(80_000),
        _ => good(&body, "", ask),
    });
    let error = bench.fails(&Wanted { size: None, ..wanted(&server, &old) });
    assert!(error.contains("another file"), "{error}");
    bench.gets(&wanted(&server, &file), &file);
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let file = file(10_000);
    for (status, header, comes) in [
        (500, None, true),
        (429, Some("0"), true),
        (503, Some("Fri, 31 Dec 1999 23:59:59 GMT"), true),
        (429, Some("3600"), false),
    ] {
        let (bench, body) = (Bench::new(), file.clone());
        let server = Server::new(move |ask| match (ask.before, header) {
            (0, Some(header)) => Reply::new(status).with("Retry-After", header),
            (0, None) => Reply::new(status).body(b"<html>oops"),
            _ => good(&body, TAG, ask),
        });
        if comes {
            bench.gets(&wanted(&server, &file), &file);
            assert_eq!(server.asked().len(), 2);
        } else {
            let error = bench.fails(&wanted(&server, &file));
            assert!(error.contains("come back in 3600 seconds"), "{error}");
        }
    }
}

#[test]
fn small_files_come_whole_or_not_at_all() {
    let bench = Bench::new();
    let get = |server: &Server| {
        let cancel = Cancel::new();
        let place = server.at("/models.toml");
        fetch_small("the catalogue", &place, &bench.network, &mut Watch::quiet(&cancel))
            .map_err(|error| error.to_string())
    };
    let server = Server::new(|ask| match ask.before {
        0 => Reply::new(503),
        1 => good(b"version = 1", "", ask).cut(3),
        _ => good(b"version = 1", "", ask),
    });
    assert_eq!(get(&server).unwrap(), b"version = 1");
    let long = vec![b'x'; SMALL as usize];
    for (bytes, comes) in [(long.clone(), true), ([&long[..], b"x"].concat(), false)] {
        for chunked in [true, false] {
            let bytes = bytes.clone();
            let server = Server::new(move |ask| {
                let reply = good(&bytes, "", ask);
                if chunked { reply.chunked() } else { reply }
            });
            let got = get(&server);
            assert_eq!(got.is_ok(), comes);
            assert!(comes || got.unwrap_err().contains("longer than"));
        }
    }
    let missing = Server::new(|_| Reply::new(404));
    assert!(get(&missing).unwrap_err().contains("no such file (status 404)"));
    assert_eq!(missing.asked().len(), 1);
    let endless = Server::new(|_| Reply::new(200).body(b"x").chunked().endless());
    assert!(get(&endless).unwrap_err().contains("longer than"));
}
