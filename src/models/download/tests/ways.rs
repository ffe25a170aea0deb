//! Ways to the file: redirects, mirrors, proxies, no network at all; waiting, leaving, and two at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn redirects_are_followed_and_shown() {
    let (bench, file) = (Bench::new(), file(100_000));
    let body = file.clone();
    let server = Server::new(move |ask| match ask.path.as_str() {
        "/tiny.gguf" => Reply::new(302).with("Location", "/1?key=hunter2"),
        "/1?key=hunter2" => Reply::new(307).with("Location", "2"),
        "/2" => Reply::new(301).with("Location", "/3"),
        "/3" => Reply::new(308).with("Location", "/4"),
        "/4" => Reply::new(303).with("Location", "/5"),
        _ if ask.before == 5 => good(&body, TAG, ask).cut(40_000),
        _ => good(&body, TAG, ask),
    });
    let new = bench.gets(&wanted(&server, &file), &file);
    let via: Vec<String> = new.via.iter().map(ToString::to_string).collect();
    let paths = ["/1", "/2", "/3", "/4", "/5"].map(|path| server.at(path).to_string());
    assert_eq!(via, paths);
    // The second request goes the whole way again, with its range.
    let last = server.asked().pop().unwrap();
    assert_eq!((last.path.as_str(), last.from()), ("/5", Some(40_000)));
}

#[test]
fn redirects_lead_neither_in_circles_nor_astray() {
    let (bench, file) = (Bench::new(), file(1000));
    let server = Server::new(|ask| {
        let next = ask.path.trim_start_matches('/').parse::<u32>().unwrap_or(0) + 1;
        Reply::new(302).with("Location", format!("/{next}"))
    });
    assert!(bench.fails(&wanted(&server, &file)).contains("more than 5 times"));
    assert_eq!(server.asked().len(), 6);
    for (location, words) in [
        ("/tiny.gguf", "in a circle"),
        ("http://models.example.com/x", "without encryption: that is not followed"),
        ("file:///etc/passwd", "must begin with"),
        ("https://me:hunter2@127.0.0.1/", "password"),
    ] {
        let server = Server::new(move |_| Reply::new(302).with("Location", location));
        let error = bench.fails(&wanted(&server, &file));
        assert!(error.contains(words), "{location}: {error}");
    }
    let nowhere = Server::new(|_| Reply::new(302));
    assert!(bench.fails(&wanted(&nowhere, &file)).contains("does not say where"));
}

#[test]
fn offline_nothing_is_asked() {
    let (mut bench, file) = (Bench::new(), file(1000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    bench.network.offline = true;
    assert!(bench.fails(&wanted(&server, &file)).contains("SLM_OFFLINE"));
    let cancel = Cancel::new();
    let mut watch = Watch::quiet(&cancel);
    let small = fetch_small("the catalogue", &server.at("/"), &bench.network, &mut watch);
    assert!(matches!(small, Err(DownloadError::Offline { .. })));
    assert!(server.asked().is_empty() && bench.names().is_empty());
    bench.network.offline = false;
    bench.gets(&wanted(&server, &file), &file);
}

#[test]
fn a_mirror_is_asked_instead_of_all_others() {
    let (mut bench, file) = (Bench::new(), file(1000));
    let body = file.clone();
    let mirror = Server::new(move |ask| good(&body, TAG, ask));
    let origin = Server::new(|_| Reply::new(500));
    bench.network.mirror = Some(mirror.at("/slm/"));
    let new = bench.gets(&wanted(&origin, &file), &file);
    assert_eq!(mirror.asked()[0].path, "/slm/tiny.gguf");
    assert!(origin.asked().is_empty());
    std::fs::remove_file(new.staged.path()).unwrap();
    drop(new);
    let nowhere = Wanted { places: Vec::new(), ..wanted(&origin, &file) };
    bench.gets(&nowhere, &file);
    bench.network.mirror = None;
    assert!(bench.fails(&Wanted { proof: Proof::FirstUse, ..nowhere }).contains("SLM_MIRROR"));
}

#[test]
fn without_encryption_only_this_machine_is_asked() {
    let (mut bench, file) = (Bench::new(), file(1000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    let proxy = Server::proxy(Some(server.socket()));
    bench.network.proxy = Proxy::At(format!("http://me:hunter2@{}", proxy.socket()));
    let mut wanted = wanted(&server, &file);
    wanted.places = vec!["http://models.example.com/tiny.gguf".parse().unwrap()];
    assert!(bench.fails(&wanted).contains("use https"));
    assert!(proxy.asked().is_empty());
    bench.network.plain = Plain::Anywhere;
    bench.gets(&wanted, &file);
    let ask = &proxy.asked()[0];
    assert_eq!((ask.method.as_str(), ask.path.as_str()), ("CONNECT", "models.example.com:80"));
    // The password is the proxy's alone.
    assert!(ask.header("proxy-authorization").is_some());
    assert_eq!(server.asked()[0].header("proxy-authorization"), None);
}

#[test]
fn a_proxy_that_refuses_is_named_and_is_not_on_the_way_to_this_machine() {
    let (mut bench, file) = (Bench::new(), file(1000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    let proxy = Server::proxy(None);
    bench.network.proxy = Proxy::At(format!("http://me:hunter2@{}", proxy.socket()));
    let mut far = wanted(&server, &file);
    far.places = vec!["https://models.example.com/tiny.gguf".parse().unwrap()];
    let error = bench.fails(&far);
    assert!(
        error.contains("the proxy does not let it through") && error.contains("403"),
        "{error}"
    );
    assert_eq!(proxy.asked()[0].path, "models.example.com:443");
    bench.gets(&wanted(&server, &file), &file);
    assert_eq!(proxy.asked().len(), 1);
    bench.network.proxy = Proxy::At("::hunter2".to_owned());
    far.proof = Proof::FirstUse;
    assert!(bench.fails(&far).contains("the address of the proxy"));
}

#[test]
fn what_is_no_safe_connection_is_none() {
    let (mut bench, file) = (Bench::new(), file(1000));
    let server = Server::new(|_| Reply::new(200));
    let mut wanted = wanted(&server, &file);
    wanted.places = vec![format!("https://{}/x", server.socket()).parse().unwrap()];
    bench.fails(&wanted);
    bench.network.authorities = Some(b"no certificate".to_vec());
    assert!(bench.fails(&wanted).contains("certificates"));
}

#[test]
fn silence_ends_and_nobody_there_is_said() {
    let (mut bench, file) = (Bench::new(), file(100_000));
    bench.network.limits.silence = Duration::from_secs(1);
    bench.network.limits.retries = 0;
    let body = file.clone();
    let server = Server::new(move |ask| {
        let len = if ask.before == 0 { 50_000 } else { 0 };
        good(&body, TAG, ask).cut(len).then_silence()
    });
    let error = bench.fails(&wanted(&server, &file));
    assert!(error.contains("said nothing for too long"), "{error}");
    assert_eq!(server.asked()[1].from(), Some(50_000));
    let gone = Server::new(|_| Reply::new(200));
    let place = gone.at("/x");
    drop(gone);
    // Another test may get the port meanwhile; it will hardly have the file.
    bench.fails(&Wanted { places: vec![place], ..wanted(&server, &file) });
}

#[test]
fn who_drips_is_left() {
    let (mut bench, file) = (Bench::new(), file(100_000));
    bench.network.limits.retries = 1;
    bench.network.limits.over = Duration::from_millis(50);
    // Faster than any machine.
    bench.network.limits.slowest = 1 << 50;
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask).cut(10).then_drip(b""));
    let error = bench.fails(&wanted(&server, &file));
    assert!(error.contains("bytes a second") && error.contains("slowest_kb"), "{error}");
    let asked = server.asked();
    assert!(asked.len() == 2 && asked[1].from().is_some_and(|from| from >= 10), "{asked:?}");
}

#[test]
fn what_a_dripping_server_has_given_is_gone_on_with() {
    let (mut bench, file) = (Bench::new(), file(100_000));
    bench.network.limits.over = Duration::from_millis(300);
    bench.network.limits.slowest = 100_000_000;
    let body = file.clone();
    let server = Server::new(move |ask| match ask.from() {
        None => good(&body, TAG, ask).cut(60_000).then_drip(&body[60_000..]),
        Some(_) => good(&body, TAG, ask),
    });
    bench.gets(&wanted(&server, &file), &file);
    let from = server.asked()[1].from().unwrap();
    assert!((60_000..100_000).contains(&from), "{from}");
}

#[test]
fn who_leaves_is_let_go_and_what_came_is_kept() {
    let (bench, file) = (Bench::new(), file(100_000));
    let body = file.clone();
    let server = Server::new(move |ask| match ask.before {
        0 => good(&body, TAG, ask).cut(50_000).then_silence(),
        _ => good(&body, TAG, ask),
    });
    let cancel = Cancel::new();
    let mut note = |progress: crate::models::watch::Progress| {
        if progress.done == 50_000 {
            cancel.cancel();
        }
    };
    let incoming = bench.incoming();
    let mut watch = Watch::new(&cancel, &mut note);
    let left = fetch(&wanted(&server, &file), &bench.network, &incoming, &|_| false, &mut watch);
    assert!(matches!(left, Err(DownloadError::Stopped(Stopped::Cancelled))), "{left:?}");
    assert_eq!(bench.gets(&wanted(&server, &file), &file).resumed, 50_000);
}

#[test]
fn a_full_disk_is_said_before_anything_is_written() {
    let (mut bench, file) = (Bench::new(), file(100_000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    bench.network.limits.spare = u64::MAX / 2;
    let error = bench.fails(&wanted(&server, &file));
    assert!(error.contains("needs 98 KiB more in"), "{error}");
    bench.network.limits.spare = 0;
    bench.gets(&wanted(&server, &file), &file);
}

#[test]
fn two_that_want_the_same_get_it_once() {
    let (bench, file) = (Bench::new(), file(200_000));
    let body = file.clone();
    let server = Server::new(move |ask| good(&body, TAG, ask));
    let wanted = wanted(&server, &file);
    let store = bench.dir.path().join("stored");
    let new = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let cancel = Cancel::new();
                let have = |_: &Sha256| store.exists();
                let mut watch = Watch::quiet(&cancel);
                let got = fetch(&wanted, &bench.network, &bench.incoming(), &have, &mut watch);
                if let Fetched::New(got) = got.unwrap() {
                    new.fetch_add(1, Ordering::SeqCst);
                    std::fs::rename(got.staged.path(), &store).unwrap();
                    drop(got.claim);
                }
            });
        }
    });
    assert_eq!((new.into_inner(), server.asked().len()), (1, 1));
    assert!(crate::base::fs::read(&store).unwrap() == file);
    assert!(bench.names().is_empty());
}
