"""Jupyter's protocol, spoken to the kernel by clients of several forms: run by test/kernelProtocol.test.ts.

KernelTests, WelcomeTests   PyPI's jupyter_kernel_test, whole
Testbed                     the checks of runtimed/kernel-testbed, one a method, under its names
Forms                       what clients send otherwise: JSON without blanks, other sockets, broken frames
"""

import hashlib
import hmac
import json
import sys
import time
import unittest
import uuid

import jupyter_kernel_test
import zmq
from jupyter_client.manager import start_new_kernel

SECONDS = 30
NAME = "tslab"


class KernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = NAME
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "Math.asin", "matches": {"asin", "asinh"}},
        {"text": "[1].findLa", "matches": {"findLast", "findLastIndex"}},
    ]
    complete_code_samples = ["1", "const a = 1;", "function f() { return 1; }", "`a\nb`", "await null", "for (;;) {}", "", "// a"]
    incomplete_code_samples = ["function f() {", "`open", "`a ${b", "const a = (", "[1,", "/* a", "if (true)", "class A {", "const a =", "f(", "'a\\"]
    invalid_code_samples = ["function function", "const = 1", ")", "'open", "1 +* 2", "foo bar", "/a", "{ ] }"]
    code_generate_error = "throw new Error('meant')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "[1, 2]", "result": "[ 1, 2 ]"},
    ]
    code_display_data = [{"code": "import { display } from 'tslab';\ndisplay.html('<b>x</b>')", "mime": "text/html"}]
    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.PI"
    code_clear_output = "(globalThis as any)[Symbol.for('tdlgm.notebook')].clear()"


class WelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = NAME
    support_iopub_welcome = True


class Started(unittest.TestCase):
    """A kernel for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = start_new_kernel(kernel_name=NAME)

    @classmethod
    def tearDownClass(cls):
        cls.client.stop_channels()
        cls.manager.shutdown_kernel(now=True)

    def run_cell(self, code, **options):
        """Reply and iopub messages of a cell."""
        message_id = self.client.execute(code, **options)
        return self.reply_to(message_id), self.outputs_of(message_id)

    def reply_to(self, message_id, channel="shell"):
        get = self.client.get_shell_msg if channel == "shell" else self.client.get_control_msg
        while True:
            message = get(timeout=SECONDS)
            if message["parent_header"].get("msg_id") == message_id:
                return message

    def outputs_of(self, message_id):
        found = []
        while True:
            message = self.client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            found.append(message)
            if message["content"].get("execution_state") == "idle":
                return found

    def content(self, messages, kind):
        return [message["content"] for message in messages if message["msg_type"] == kind]


class Testbed(Started):
    def info(self):
        return self.reply_to(self.client.kernel_info())["content"]

    def test_iopub_welcome(self):
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.connect(f"tcp://{self.manager.ip}:{self.manager.iopub_port}")
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        kind = None
        while kind != "iopub_welcome":  # the end of another test's request may come before it
            self.assertTrue(socket.poll(5000), f"no welcome; the last message was {kind}")
            frames = socket.recv_multipart()
            kind = json.loads(frames[3])["msg_type"]
        self.assertEqual(json.loads(frames[6]), {"subscription": ""})
        socket.close(0)

    def beat(self):
        socket = zmq.Context.instance().socket(zmq.REQ)
        socket.connect(f"tcp://{self.manager.ip}:{self.manager.hb_port}")
        socket.send(b"ping")
        answered = socket.poll(3000) and socket.recv() == b"ping"
        socket.close(0)
        return answered

    def test_heartbeat_responds(self):
        self.assertTrue(self.beat())

    def test_heartbeat_responds_while_a_cell_computes(self):
        message_id = self.client.execute("const until = Date.now() + 3000; while (Date.now() < until);")
        time.sleep(1)
        began = time.time()
        self.assertTrue(self.beat())
        self.assertLess(time.time() - began, 1)
        self.reply_to(message_id)

    def test_kernel_info_reply_valid(self):
        self.assertEqual(self.info()["status"], "ok")

    def test_kernel_info_has_language_info(self):
        language = self.info()["language_info"]
        self.assertEqual([language["name"], language["version"]], ["typescript", "5.0.4"])

    def test_kernel_info_has_protocol_version(self):
        self.assertEqual(self.info()["protocol_version"], "5.4")

    def test_execute_stdout(self):
        _, messages = self.run_cell("console.log('hello')")
        self.assertEqual(self.content(messages, "stream"), [{"name": "stdout", "text": "hello\n"}])

    def test_execute_stderr(self):
        _, messages = self.run_cell("console.error('error')")
        self.assertEqual(self.content(messages, "stream"), [{"name": "stderr", "text": "error\n"}])

    def test_execute_reply_ok(self):
        self.assertEqual(self.run_cell("const x = 1")[0]["content"]["status"], "ok")

    def test_status_busy_idle_lifecycle(self):
        states = [content["execution_state"] for content in self.content(self.run_cell("const x = 1")[1], "status")]
        self.assertEqual(states, ["busy", "idle"])

    def test_every_request_is_busy_and_idle(self):
        for kind in ("kernel_info_request", "comm_msg", "comm_close", "no_such_request"):
            message = self.client.session.msg(kind, {"comm_id": "none", "data": {}})
            self.client.shell_channel.send(message)
            states = [content["execution_state"] for content in self.content(self.outputs_of(message["header"]["msg_id"]), "status")]
            self.assertEqual(states, ["busy", "idle"], kind)

    def test_execute_input_broadcast(self):
        reply, messages = self.run_cell("const x = 1")
        count = reply["content"]["execution_count"]
        self.assertEqual(self.content(messages, "execute_input"), [{"code": "const x = 1", "execution_count": count}])

    def test_complete_request(self):
        self.run_cell("const testVariableForCompletion = 42")
        content = self.reply_to(self.client.complete("testVariableFor"))["content"]
        self.assertEqual([content["status"], content["matches"]], ["ok", ["testVariableForCompletion"]])

    def test_inspect_request(self):
        self.run_cell("const testVariableForCompletion = 42")
        content = self.reply_to(self.client.inspect("testVariableForCompletion"))["content"]
        self.assertEqual([content["status"], content["found"]], ["ok", True])
        self.assertIn("42", content["data"]["text/plain"])

    def test_is_complete_complete(self):
        self.assertEqual(self.reply_to(self.client.is_complete("const x = 1"))["content"]["status"], "complete")

    def test_is_complete_incomplete(self):
        self.assertEqual(self.reply_to(self.client.is_complete("function foo("))["content"]["status"], "incomplete")

    def test_history_request(self):
        self.run_cell("const x = 1")
        content = self.reply_to(self.client.history(hist_access_type="tail", n=1, output=False, raw=True))["content"]
        self.assertEqual([content["status"], content["history"][0][2]], ["ok", "const x = 1"])

    def test_comm_info_request(self):
        self.assertEqual(self.reply_to(self.client.comm_info())["content"], {"status": "ok", "comms": {}})

    def test_error_handling(self):
        reply, messages = self.run_cell("function function")
        self.assertEqual(reply["content"]["status"], "error")
        self.assertEqual(len(self.content(messages, "error")), 1)

    def test_display_data(self):
        _, messages = self.run_cell("import { display } from 'tslab';\ndisplay.html('<b>bold</b>')")
        self.assertEqual(self.content(messages, "display_data")[0]["data"], {"text/html": "<b>bold</b>"})

    def test_update_display_data(self):
        _, messages = self.run_cell("import { newDisplay } from 'tslab';\nconst d = newDisplay();\nd.html('initial');\nd.html('updated');")
        shown, updated = self.content(messages, "display_data")[0], self.content(messages, "update_display_data")[0]
        self.assertEqual([shown["data"]["text/html"], updated["data"]["text/html"]], ["initial", "updated"])
        self.assertEqual(shown["transient"], updated["transient"])

    def test_execute_result(self):
        self.assertEqual(self.content(self.run_cell("1 + 1")[1], "execute_result")[0]["data"], {"text/plain": "2"})

    def test_rich_execute_result(self):
        _, messages = self.run_cell("({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>x</b>' }) })")
        self.assertEqual(self.content(messages, "execute_result")[0]["data"], {"text/html": "<b>x</b>"})

    def ask(self, code):
        message_id = self.client.execute(code, allow_stdin=True)
        request = self.client.get_stdin_msg(timeout=SECONDS)
        self.client.input("test_input_42")
        reply, messages = self.reply_to(message_id), self.outputs_of(message_id)
        self.assertEqual(reply["content"]["status"], "ok")
        return request["content"], self.content(messages, "execute_result")[0]["data"]["text/plain"]

    def test_stdin_input_request(self):
        asked, got = self.ask("prompt('Name: ')")
        self.assertEqual([asked, got], [{"prompt": "Name: ", "password": False}, "'test_input_42'"])
        asked, got = self.ask("await input('Key: ', { password: true })")
        self.assertEqual([asked, got], [{"prompt": "Key: ", "password": True}, "'test_input_42'"])

    def test_stdin_where_nobody_can_be_asked(self):
        reply, _ = self.run_cell("prompt('Name: ')", allow_stdin=False)
        self.assertIn("nobody can be asked", reply["content"]["evalue"])

    def test_stdin_is_interrupted(self):
        message_id = self.client.execute("await null; prompt('Name: ')", allow_stdin=True)
        self.client.get_stdin_msg(timeout=SECONDS)
        self.manager.interrupt_kernel()
        self.assertEqual(self.reply_to(message_id)["content"]["ename"], "KeyboardInterrupt")
        self.assertEqual(self.run_cell("1")[0]["content"]["status"], "ok")

    def test_comms_lifecycle(self):
        opened = self.client.session.msg("comm_open", {"comm_id": "a", "target_name": "test", "data": {}})
        self.client.shell_channel.send(opened)
        closed = self.content(self.outputs_of(opened["header"]["msg_id"]), "comm_close")
        self.assertEqual(closed, [{"comm_id": "a", "data": {}}])
        self.assertEqual(self.run_cell("1")[0]["content"]["status"], "ok")

    def test_interrupt_request(self):
        message = self.client.session.msg("interrupt_request", {})
        self.client.control_channel.send(message)
        reply = self.reply_to(message["header"]["msg_id"], "control")
        self.assertEqual([reply["msg_type"], reply["content"]], ["interrupt_reply", {"status": "ok"}])

    def test_execution_count_increments(self):
        first, second = (self.run_cell("1")[0]["content"]["execution_count"] for _ in range(2))
        self.assertEqual(second, first + 1)
        silent = self.run_cell("1", silent=True)[0]["content"]["execution_count"]
        unstored = self.run_cell("1", store_history=False)[0]["content"]["execution_count"]
        self.assertEqual([silent, unstored], [second, second])

    def test_parent_header_correlation(self):
        message_id = self.client.execute("console.log('hello')")
        reply, messages = self.reply_to(message_id), self.outputs_of(message_id)
        self.assertEqual({message["parent_header"]["msg_id"] for message in [reply, *messages]}, {message_id})

    def test_shutdown_reply(self):
        manager, client = start_new_kernel(kernel_name=NAME)
        message = client.session.msg("shutdown_request", {"restart": False})
        client.control_channel.send(message)
        reply = client.get_control_msg(timeout=SECONDS)
        self.assertEqual(reply["content"], {"status": "ok", "restart": False})
        self.assertEqual(manager.provisioner.process.wait(10), 0)
        client.stop_channels()

    def test_shutdown_while_a_cell_computes(self):
        manager, client = start_new_kernel(kernel_name=NAME)
        client.execute("while (true);")
        time.sleep(1)
        client.control_channel.send(client.session.msg("shutdown_request", {"restart": True}))
        self.assertEqual(client.get_control_msg(timeout=SECONDS)["content"], {"status": "ok", "restart": True})
        self.assertEqual(manager.provisioner.process.wait(10), 0)
        client.stop_channels()


def blanks(message):
    return json.dumps(message)


def compact(message):
    return json.dumps(message, separators=(",", ":"))


def reordered(message):
    return json.dumps(dict(reversed(message.items())), separators=(" ,  ", " : "))


def escaped(message):
    return json.dumps(message).replace("interrupt_request", "interrupt\\u005frequest")


class Raw(Started):
    """Messages made by hand, sent on sockets of one's own."""

    def socket(self, channel):
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.IDENTITY, uuid.uuid4().bytes)
        socket.connect(f"tcp://{self.manager.ip}:{getattr(self.manager, channel + '_port')}")
        self.addCleanup(socket.close, 0)
        return socket

    def frames(self, kind, content, form=blanks, **header):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "me", "session": "mine", "date": "2026-01-01T00:00:00Z", "version": "5.3", **header}
        parts = [part.encode() for part in (form(header), "{}", "{}", form(content))]
        return [b"<IDS|MSG>", self.sign(parts), *parts]

    def sign(self, parts):
        return hmac.new(self.manager.session.key, b"".join(parts), hashlib.sha256).hexdigest().encode()


class Forms(Raw):
    def test_interrupts(self):
        loops = ["while (true) {}", "await new Promise((r) => setTimeout(r, 60_000))", "while (true) await null;"]
        for channel in ("control", "shell"):
            for form in (blanks, compact, reordered, escaped):
                for loop in loops:
                    with self.subTest(channel=channel, form=form.__name__, loop=loop):
                        message_id = self.client.execute(loop)
                        time.sleep(0.7)
                        socket = self.socket(channel)
                        socket.send_multipart(self.frames("interrupt_request", {}, form))
                        self.assertEqual(self.reply_to(message_id)["content"]["ename"], "KeyboardInterrupt")
                        self.assertTrue(socket.poll(5000))
                        reply = socket.recv_multipart()
                        self.assertEqual([json.loads(reply[2])["msg_type"], json.loads(reply[5])], ["interrupt_reply", {"status": "ok"}])

    def test_a_message_with_buffers(self):
        socket = self.socket("shell")
        socket.send_multipart([*self.frames("kernel_info_request", {}), b"\x00\xff", b"more"])
        self.assertTrue(socket.poll(5000))

    def test_broken_frames_are_nobodys_error(self):
        good = self.frames("kernel_info_request", {})
        broken = [
            [b"nothing"],
            [b"<IDS|MSG>"],
            good[:4],
            [good[0], b"0" * 64, *good[2:]],
            [b"<IDS|MSG>", self.sign([b"{", b"{}", b"{}", b"{}"]), b"{", b"{}", b"{}", b"{}"],
            [b"<IDS|MSG>", self.sign([b"null", b"{}", b"{}", b"{}"]), b"null", b"{}", b"{}", b"{}"],
            self.frames("execute_request", None),
            self.frames("execute_request", {}),
            self.frames("complete_request", {}),
            self.frames("inspect_request", {"code": 5}),
            self.frames("is_complete_request", {}),
            self.frames("history_request", {}),
            self.frames("comm_open", {}),
            self.frames("interrupt_request", {})[:3],
        ]
        for channel in ("shell", "control", "stdin"):
            socket = self.socket(channel)
            for frames in broken:
                socket.send_multipart(frames)
        time.sleep(1)
        for code, status in (("1 + 1", "ok"), ("await new Promise((r) => setTimeout(r, 300)); 2", "ok")):
            reply, messages = self.run_cell(code)
            self.assertEqual(reply["content"]["status"], status)
            self.assertEqual(self.content(messages, "stream"), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
