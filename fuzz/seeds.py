#!/usr/bin/env python3
"""fuzz/seeds.py FOLDER: writes every body of tests/payloads as inputs of the target gateway_event."""

import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for server, url in (
    ("openim", "/{command}?contenttype=json"),
    ("tencent", "/tencent?SdkAppid=1400000001&CallbackCommand={command}&contenttype=json"),
):
    for file in sorted(pathlib.Path("tests/payloads", server).glob("*.json")):
        if file.name.endswith(".events.json"):
            continue
        command, _case, _json = file.name.rsplit(".", 2)
        # REST API, HTTP API, the two forms of a load balancer's event, and a REST API's event with the body in base64.
        for version in ("1", "2", "3", "4", "1b"):
            head = f"{version} POST {url.format(command=command)}\noperationID: o1\n\n"
            (folder / f"{file.stem}.{version}").write_bytes(head.encode() + file.read_bytes())
