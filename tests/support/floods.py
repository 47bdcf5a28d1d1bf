"""E-mails that are small to send and were long to read."""

NOTICE = b"From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nSubject: Undelivered mail\r\n"
FLOODS = [
    b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)),
    b"Subject: " + b"=?utf-8?q?x?= " * 20_000 + b"\r\n\r\n",
    b"From: " + b"a@b.example, " * 50_000 + b"\r\n\r\n",
    b"From: " + b"(" * 50_000 + b"\r\n\r\n",
    b"Content-Type: text/calendar\r\n\r\n" + b" " * 1_000_000,
    b"Content-Type: text/html\r\n\r\n" + b"<p" * 500_000,
    b"X: y\r\n" * 200_000,
    b"Content-Type: text/calendar\r\n\r\n" + b"\n" * 1_000_000,
    NOTICE + b"Content-Type: text/calendar\r\n\r\n" + b"\n" * 60_000,
    NOTICE + b"\r\n" + b"\n" * 1_000_000,
    NOTICE + b"\r\n" + b"-\n" * 500_000,
    NOTICE + b"\r\n" + b"-" * 1_000_000,
    NOTICE + b"\r\n" + b"a" * 1_000_000,
    NOTICE + b"\r\n" + b"550 x\n" * 160_000,
    NOTICE + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    NOTICE + b'Content-Type: text/plain; a="' + b";" * 1_000_000 + b"\r\n\r\n",
    NOTICE + b'Content-Type: multipart/mixed; a="' + b';"' * 500_000 + b"\r\n\r\n",
    NOTICE + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\n\n\n" * 160_000,
    b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(100))
    + b"\n" * 3_900_000,
]
