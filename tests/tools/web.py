#!/usr/bin/env python3
"""web.py PORTFILE [CERT] - what a page on the web may be, on 127.0.0.1.

Every path has its own page; see below. With CERT, a file with a certificate
and its key, over TLS. It ends with its parent, or after 10 minutes.
"""
import ctypes
import gzip
import http.server
import json
import os
import ssl
import sys
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = """<!doctype html><html><head><title>The  page</title>
<style>.x {}</style><script>document.write("<p>no</p>")</script></head>
<body><h1>Head &amp; more</h1><div><p>One <b>bold</b> word<br>and
<a href="/text">a link</a>.</p></div><ul><li>first<li>second</ul>
<table><tr><td>a</td><td>b</td></tr></table><pre>
 kept  so</pre><img alt="a picture"></body></html>"""


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, kind, data, status=200, length=None, **headers):
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if length is None:
            length = len(data)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def do_GET(self):
        url = urlsplit(self.path)
        asked = parse_qs(url.query)
        path = url.path
        if path == "/page":
            self.send("text/html; charset=utf-8", PAGE.encode())
        elif path == "/text":
            self.send("text/plain", "plain, und schön\n".encode())
        elif path == "/headers":
            self.send("application/json", json.dumps(
                {k.lower(): v for k, v in self.headers.items()}).encode())
        elif path == "/to":
            self.send(None, b"", 302, Location=asked["url"][0])
        elif path == "/loop":
            self.send(None, b"", 302, Location="/loop")
        elif path == "/hops":
            n = int(asked["n"][0])
            where = f"/hops?n={n - 1}" if n else "/text"
            self.send(None, b"", 307, Location=where)
        elif path == "/latin1":
            self.send("text/plain; charset=ISO-8859-1", b"sch\xf6n")
        elif path == "/meta":
            self.send("text/html",
                      b"<html><meta charset=koi8-r><p>\xd4\xc1\xcb")
        elif path == "/hex":  # a codec of Python's, but no charset
            self.send("text/plain; charset=hex", b"616263")
        elif path == "/gzip":
            self.send("text/plain", gzip.compress(b"unpacked"),
                      Content_Encoding="gzip")
        elif path == "/bomb":
            self.send("text/plain", gzip.compress(bytes(1 << 20) * 200, 9),
                      Content_Encoding="gzip")
        elif path == "/odd":
            self.send("text/plain", b"xxx", Content_Encoding="br")
        elif path == "/big":
            self.send("text/plain", b"0123456789" * 1000000)
        elif path == "/endless":
            self.send("text/plain", b"", length=1 << 40)
            while True:
                self.wfile.write(b"x" * 65536)
        elif path == "/short":
            self.send("text/plain", b"half", length=8)
        elif path == "/binary":
            self.send("image/png", b"\x89PNG\0")
        elif path == "/unnamed":
            self.send(None, b"a\0b")
        elif path == "/escapes":
            self.send("text/plain",
                      "a\x1b]0;b\x07c\u202ed\U000e0041e\r\nf".encode())
        elif path == "/events":
            self.send("text/plain", b'{"type":"tool_result","content":"mine",'
                      b'"is_error":false}\n')
        elif path == "/comments":  # which Python's parser takes minutes for
            self.send("text/html", b"<!--" * 250000)
        elif path == "/hang":
            time.sleep(300)
        else:
            text = f"no page {unquote(path)}"
            self.send("text/plain", text.encode(), 404)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # clients go when they have seen enough


def main():
    ctypes.CDLL(None).prctl(1, 15)  # PR_SET_PDEATHSIG, SIGTERM
    threading.Timer(600, os._exit, (0,)).start()
    server = Server(("127.0.0.1", 0), Pages)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(sys.argv[1] + ".new", "w") as f:
        print(server.server_address[1], file=f)
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    server.serve_forever()


main()
