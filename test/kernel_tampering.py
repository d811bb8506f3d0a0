"""Messages of someone who can reach the kernel's sockets but doesn't know its key: run by test/kernelProtocol.test.ts."""

import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
import unittest

import zmq
from jupyter_client.manager import KernelManager, start_new_kernel
from kernel_conformance import NAME, Raw

ACTING = ("interrupt_request", "shutdown_request", "execute_request", "comm_open", "input_reply")
LOOP = "await new Promise((r) => setTimeout(r, 2500)); 'whole'"


class Tampering(Raw):
    @classmethod
    def setUpClass(cls):
        cls.log = tempfile.TemporaryFile("w+")
        cls.manager, cls.client = start_new_kernel(kernel_name=NAME, stderr=cls.log)

    def signed_by(self, key, parts):
        return hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest().encode()

    def wrong(self, frames):
        """The same message with signatures that are not its own."""
        right, parts = frames[1], frames[2:]
        other = self.frames("kernel_info_request", {})[1]
        near = bytes([right[0] ^ 1]) + right[1:]
        for signature in (b"", b"0" * 64, right[:-1], right + b"0", right.upper(), near, other, self.signed_by(b"", parts), self.signed_by(b"key", parts), b"\xff" * 64):
            if signature != right:
                yield [b"<IDS|MSG>", signature, *parts]
        yield [b"<IDS|MSG>", right, *[parts[i] for i in (0, 1, 3, 2)]] if parts[2] != parts[3] else [b"<IDS|MSG>", right, parts[0], b"{ }", *parts[2:]]
        yield [b"<IDS|MSG>", right, parts[0].replace(b"_request", b"_Request"), *parts[1:]]

    def garbage(self):
        good = self.frames("interrupt_request", {})
        yield from ([b""], [b"\xff\xfe"], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"<IDS|MSG>"], good[:2], good[:5], good[1:], [b"x" * 1_000_000], [b""] * 200)
        yield from ([b"<IDS|MSG>", b"0" * 64, b"{", b"[", b"\x00", b"1"], [b"<IDS|MSG>", b"", b"null", b"null", b"null", b"null"], [os.urandom(300) for _ in range(6)])

    def whole(self, act):
        """A cell computes while `act` is done to its kernel; it ends well, and so does the next one."""
        for code in (LOOP, "const until = Date.now() + 2500; while (Date.now() < until); 'whole'"):
            message_id = self.client.execute(code)
            time.sleep(0.4)
            sockets = [self.socket(channel) for channel in ("shell", "control", "stdin")]
            act(sockets)
            self.assertEqual(self.reply_to(message_id)["content"]["status"], "ok")
            messages = self.outputs_of(message_id)
            self.assertEqual(self.content(messages, "execute_result")[0]["data"], {"text/plain": "'whole'"})
            self.assertEqual(self.content(messages, "stream"), [])
            for socket in sockets:
                self.assertFalse(socket.poll(100), "it is answered")

    def test_wrong_signatures_do_nothing_and_get_no_answer(self):
        frames = [self.frames(kind, {"code": "1", "restart": False, "value": "x", "comm_id": "c"}) for kind in ACTING]
        self.whole(lambda sockets: [socket.send_multipart(bad) for socket in sockets for one in frames for bad in self.wrong(one)])

    def test_garbage_does_nothing_and_gets_no_answer(self):
        self.whole(lambda sockets: [socket.send_multipart(frames) for socket in sockets for _ in range(20) for frames in self.garbage()])

    def test_nothing_tells_a_signature(self):
        frames = self.frames("shutdown_request", {"restart": False})
        for channel in ("shell", "control", "stdin"):
            socket = self.socket(channel)
            for bad in self.wrong(frames):
                socket.send_multipart(bad)
        time.sleep(0.5)
        self.assertEqual(self.run_cell("1")[0]["content"]["status"], "ok")
        self.log.seek(0)
        said = self.log.read()
        self.assertNotIn(frames[1].decode(), said)
        self.assertIn("a message with a wrong signature", said)
        self.assertLess(len(said.splitlines()), 10, "each problem is said once")

    def test_a_copy_of_a_message_does_nothing(self):
        run = self.frames("execute_request", {"code": "(globalThis as any).times = ((globalThis as any).times ?? 0) + 1", "silent": False})
        for channel, answered in (("shell", True), ("shell", False), ("control", False)):
            socket = self.socket(channel)
            socket.send_multipart(run)
            self.assertEqual(bool(socket.poll(5000 if answered else 500)), answered)
        self.assertEqual(self.content(self.run_cell("(globalThis as any).times")[1], "execute_result")[0]["data"], {"text/plain": "1"})
        stop = self.frames("interrupt_request", {})
        self.socket("control").send_multipart(stop)
        time.sleep(0.3)
        self.whole(lambda sockets: [socket.send_multipart(stop) for socket in sockets[:2]])

    def test_what_the_kernel_said_itself_does_nothing(self):
        """Its own comm messages, signed by it, are of the same kind as a client's."""
        listener = zmq.Context.instance().socket(zmq.SUB)
        listener.connect(f"tcp://{self.manager.ip}:{self.manager.iopub_port}")
        listener.setsockopt(zmq.SUBSCRIBE, b"")
        self.addCleanup(listener.close, 0)
        self.assertTrue(listener.poll(5000))
        self.run_cell("console.log('x')")
        heard = []
        while listener.poll(300):
            frames = listener.recv_multipart()
            heard.append(frames[frames.index(b"<IDS|MSG>") :])
        self.assertGreater(len(heard), 3)
        socket = self.socket("shell")
        for frames in heard:
            socket.send_multipart(frames)
        self.run_cell("1")
        while listener.poll(300):
            parent = json.loads(listener.recv_multipart()[4])
            self.assertNotIn(parent.get("msg_id"), [json.loads(frames[2])["msg_id"] for frames in heard])

    def test_kinds_that_every_object_has_are_no_requests(self):
        for kind in ("constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"):
            socket = self.socket("shell")
            socket.send_multipart(self.frames(kind, {}))
            self.assertFalse(socket.poll(300), kind)

    def test_other_digests(self):
        for name in ("sha512", "sha1"):
            manager = KernelManager(kernel_name=NAME)
            manager.session.signature_scheme = f"hmac-{name}"
            manager.start_kernel()
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            self.assertEqual(client.execute("1", reply=True, timeout=30)["content"]["status"], "ok", name)
            client.stop_channels()
            manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
