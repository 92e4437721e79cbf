#!/usr/bin/env python3
"""What MemorySize buys: a function's milliseconds under the share of a CPU that Lambda gives to each size.

    sudo python3 local/measure-memory.py target/lambda/after-delete-friend/bootstrap 128 256 512 1024 1769

Builds nothing: the binary is after-delete-friend's release build for this machine, and target/debug/local (`make run`
builds it) plays DynamoDB, in memory. Needs Linux, root for the CPU quota, and a quiet machine.

Lambda gives 1 vCPU at 1769 MB and less in proportion, here as a quota for every --period; the initialization has a
whole CPU, there as here. Left out: Lambda's own overhead, TLS, the distance to DynamoDB, the limit of memory itself.
"""

import argparse, asyncio, base64, contextlib, json, math, os, pathlib, random, statistics, subprocess, time, uuid

PRICE = 0.0000133334  # USD per GB-second on arm64; each request costs 0.0000002 besides
COMMAND = "callbackAfterDeleteFriendCommand"
ROOT = pathlib.Path(__file__).parent.parent
BODY = (ROOT / f"tests/payloads/openim/{COMMAND}.server.json").read_text()
USER, PASSWORD = "openim", "measured-password"
NEXT = (b"HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: %s\r\nlambda-runtime-deadline-ms: %d\r\n"
        b"lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:1:function:f\r\n"
        b"content-length: %d\r\n\r\n%s")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("binary", type=pathlib.Path)
parser.add_argument("sizes", type=int, nargs="+", metavar="MB")
parser.add_argument("--local", type=pathlib.Path, default=ROOT / "target/debug/local", help="what plays DynamoDB")
parser.add_argument("--runs", type=int, default=7, help="fresh processes for each size")
parser.add_argument("--requests", type=int, default=200, help="to each process: as many apart and as many in a row")
parser.add_argument("--period", type=float, default=20, help="ms after which the CPU quota is new")


class Cgroup:
    """A CPU quota, in version 1 or 2 of Linux' control groups."""

    def __init__(self, period_ms):
        root, self.period = pathlib.Path("/sys/fs/cgroup"), int(period_ms * 1000)
        self.v2 = (root / "cgroup.controllers").exists()
        self.path = (root if self.v2 else root / "cpu") / "measure-memory"
        self.path.mkdir(exist_ok=True)

    def limit(self, share):
        quota = share and max(1000, int(self.period * share))  # the kernel's least is 1 ms
        if self.v2:
            (self.path / "cpu.max").write_text(f"{quota or 'max'} {self.period}")
        else:
            (self.path / "cpu.cfs_period_us").write_text(str(self.period))
            (self.path / "cpu.cfs_quota_us").write_text(str(quota or -1))

    def throttled(self):
        """How often the quota was used up."""
        return int((self.path / "cpu.stat").read_text().split("nr_throttled ")[1].split()[0])


class RuntimeApi:
    """Lambda's side of a function: hands out one event at a time and takes the answer."""

    async def start(self):
        self.waits, self.answered, self.events = asyncio.Event(), asyncio.Event(), asyncio.Queue()
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # the function has ended
            while True:
                await self.one_request(reader, writer)

    async def one_request(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        arrived = time.perf_counter()
        method, path = head.split()[:2]
        body = await reader.readexactly(int(head.partition("content-length: ")[2].split("\r")[0] or 0))
        if method == "get":
            self.waits.set()
            event = await self.events.get()
            writer.write(NEXT % (uuid.uuid4().hex.encode(), time.time() * 1000 + 3000, len(event), event))
            self.handed_out = time.perf_counter()
        else:
            assert path.endswith("/response") and json.loads(body)["statusCode"] == 200, (path, body)
            self.took = (arrived - self.handed_out) * 1000
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            self.answered.set()

    async def invoke(self):
        """Milliseconds from handing out an event to its answer."""
        await self.waits.wait()
        self.waits.clear(), self.answered.clear()
        self.events.put_nowait(rest_event())
        await asyncio.wait_for(self.answered.wait(), 10)
        return self.took


def rest_event():
    """What a REST API makes of OpenIM's request."""
    path, basic = f"/{COMMAND}", base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Content-Type": "application/json", "operationID": "measure", "Authorization": f"Basic {basic}"}
    context = {"resourcePath": path, "path": f"/prod{path}", "stage": "prod", "httpMethod": "POST", "accountId": "1",
               "requestId": str(uuid.uuid4()), "requestTimeEpoch": int(time.time() * 1000), "protocol": "HTTP/1.1",
               "apiId": "x", "resourceId": "r", "identity": {"sourceIp": "203.0.113.7"}}
    return json.dumps({"resource": path, "path": path, "httpMethod": "POST", "headers": headers, "body": BODY,
                       "multiValueHeaders": {name: [value] for name, value in headers.items()},
                       "requestContext": context, "isBase64Encoded": False}).encode()


async def life(size, options, endpoint, cgroup):
    """One process from its start to its end."""
    api, seen = RuntimeApi(), {}
    environment = {
        "AWS_LAMBDA_RUNTIME_API": await api.start(), "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(size),
        "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL_DYNAMODB": endpoint, "EVENTS_TABLE": "events",
        "OPENIM_VERIFIER": "basic", "OPENIM_BASIC_USER": USER, "OPENIM_BASIC_PASSWORD": PASSWORD}
    cgroup.limit(None)
    started = time.perf_counter()
    enter = lambda: (cgroup.path / "cgroup.procs").write_text(str(os.getpid()))
    process = subprocess.Popen([options.binary], env=environment, preexec_fn=enter, stdout=subprocess.DEVNULL)
    try:
        await asyncio.wait_for(api.waits.wait(), 10)
        seen["init"] = [(time.perf_counter() - started) * 1000]
        cgroup.limit(size / 1769)
        await asyncio.sleep(0.1)
        seen["first"] = [await api.invoke()]
        proc, throttled = pathlib.Path(f"/proc/{process.pid}"), cgroup.throttled()
        cpu = lambda: int((proc / "schedstat").read_text().split()[0]) / 1e6  # of the only thread
        cpu_before = cpu()
        seen["apart"] = []
        for _ in range(options.requests):
            await asyncio.sleep(random.uniform(1, 3) * options.period / 1000)  # the quota is whole again, or nearly
            seen["apart"].append(await api.invoke())
        seen["throttled"] = [(cgroup.throttled() - throttled) / options.requests * 100]
        seen["row"] = [await api.invoke() for _ in range(options.requests)]
        seen["cpu"] = [(cpu() - cpu_before) / options.requests / 2]
        seen["rss"] = [int((proc / "status").read_text().split("VmHWM:")[1].split()[0]) / 1000]
    finally:
        process.kill()
        process.wait()
        api.events.put_nowait(b"")  # for the request that waits for one
        api.server.close()
        await asyncio.sleep(0.1)
    return seen


async def main(options):
    database = subprocess.Popen([options.local, "dynamodb", "--port", "0"], stdout=subprocess.PIPE, text=True)
    endpoint = database.stdout.readline().split()[-1]
    subprocess.run([options.local, "create-table", "--dynamodb", endpoint, "--table", "events"], check=True)
    cgroup, all_seen = Cgroup(options.period), {size: {} for size in options.sizes}
    try:
        for _ in range(options.runs):
            for size, seen in all_seen.items():  # interleaved, so that a noisy minute is everybody's
                for name, values in (await life(size, options, endpoint, cgroup)).items():
                    seen.setdefault(name, []).extend(values)
    finally:
        cgroup.path.rmdir()
        database.terminate()
    print("| MB | init | first | apart: p50 | p99 | throttled % | in a row: p50 | p99 | CPU | RSS MB | USD/million |")
    print("|---" * 11 + "|")
    for size, seen in all_seen.items():
        middle, late = statistics.median, lambda values: sorted(values)[int(len(values) * 0.99)]
        row = [middle(seen["init"]), middle(seen["first"]), middle(seen["apart"]), late(seen["apart"]),
               statistics.mean(seen["throttled"]), middle(seen["row"]), late(seen["row"]), middle(seen["cpu"]),
               max(seen["rss"])]
        usd = statistics.mean(map(math.ceil, seen["apart"])) / 1000 * size / 1024 * PRICE * 1e6
        print(f"| {size} | " + " | ".join(f"{value:.1f}" for value in row) + f" | {usd:.3f} |")


asyncio.run(main(parser.parse_args()))
