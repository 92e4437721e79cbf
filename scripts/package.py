#!/usr/bin/env python3
"""Puts what was built into a folder and archives that need no Rust: `make package` calls it.

usage: scripts/package.py ARCHITECTURE VERSION FUNCTIONS IMHOOK DIST

ARCHITECTURE  arm64 or x86-64
FUNCTIONS     the folder that `make build` fills: <function>/bootstrap, and policies.json next to some
IMHOOK        the program imhook
DIST          gets <architecture>/template.yaml with a zip for each function, the same as an archive, and imhook's archive

The same input gives the same bytes: no time and no name of a user is in the archives.
"""

import gzip
import re
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
# For each architecture: Lambda's name, Rust's name, and the number in the head of an ELF file.
ARCHITECTURES = {
    "arm64": ("arm64", "aarch64-unknown-linux-gnu", 0xB7),
    "x86-64": ("x86_64", "x86_64-unknown-linux-gnu", 0x3E),
}
CODE = re.compile(r"^( +CodeUri: )target/lambda/([a-z-]+)/$", re.MULTILINE)
LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"]
# What an operator needs and the template does not name. Documents keep their folder, so links between them work.
FILES = [
    "samconfig.toml",
    "policies.json",
    "policies.schema.json",
    "docs/deploy-a-release.md",
    "docs/callbacks.md",
    "docs/policies.md",
    "docs/policies-subjects.md",
    "docs/word-filter.md",
    "docs/reverse-proxy.md",
    "docs/nginx/webhook-proxy.conf",
    "docs/webhooks.yml",
    *LICENCES,
]


def packaged_template(text, lambda_name):
    """The template with a zip for each function, for one architecture only. Also gives the names of their folders."""
    # Two functions can have the same binary.
    functions = sorted({name for _, name in CODE.findall(text)})
    text = CODE.sub(r"\1\2.zip", text)
    if not functions or "CodeUri: target" in text:
        sys.exit("error: template.yaml has a CodeUri that is not target/lambda/<function>/")
    text, count = re.subn(
        r"(?m)^(  Architecture:\n    Type: String\n)    Default: .*\n    AllowedValues: .*\n    Description: .*\n",
        rf"\1    Default: {lambda_name}\n    AllowedValues: [{lambda_name}]\n"
        r"    Description: Processor of the functions. The zips were built for this one." "\n",
        text,
    )
    if count != 1:
        sys.exit("error: template.yaml has no parameter Architecture as this script expects it")
    return text, functions


def check_processor(program, machine):
    """A binary for another processor would be deployed without an error and crash at its first call."""
    with program.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != machine:
        sys.exit(f"error: {program} was not built for this architecture")


def add_to_zip(archive, file, name):
    entry = zipfile.ZipInfo(name)  # with the time 1980-01-01
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix: Lambda reads the mode
    entry.external_attr = (0o100755 if file.name == "bootstrap" else 0o100644) << 16
    archive.writestr(entry, file.read_bytes(), compresslevel=9)


def zip_folder(folder, target, prefix=""):
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            add_to_zip(archive, file, prefix + file.relative_to(folder).as_posix())


def tar_program(program, name, target):
    with (
        target.open("wb") as out,
        gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for file, as_name in [(program, "imhook"), *((ROOT / licence, licence) for licence in LICENCES)]:
            entry = tarfile.TarInfo(f"{name}/{as_name}")
            entry.size = file.stat().st_size
            entry.mode = 0o755 if as_name == "imhook" else 0o644
            with file.open("rb") as content:
                archive.addfile(entry, content)


def main(architecture, version, functions_folder, imhook, dist):
    if architecture not in ARCHITECTURES:
        sys.exit(f"error: the architecture is {' or '.join(ARCHITECTURES)}, not {architecture}")
    lambda_name, target, machine = ARCHITECTURES[architecture]
    functions_folder, imhook, dist = Path(functions_folder), Path(imhook), Path(dist)
    stack = dist / architecture
    shutil.rmtree(stack, ignore_errors=True)
    stack.mkdir(parents=True)
    text, functions = packaged_template((ROOT / "template.yaml").read_text(), lambda_name)
    (stack / "template.yaml").write_text(text)
    for file in FILES:
        (stack / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, stack / file)
    for function in functions:
        folder = functions_folder / function
        if not (folder / "bootstrap").exists():
            sys.exit(f"error: {folder}/bootstrap does not exist: make build ARCHITECTURE={architecture}")
        check_processor(folder / "bootstrap", machine)
        zip_folder(folder, stack / f"{function}.zip")
    name = f"webhook-receiver-{version}-{architecture}"
    zip_folder(stack, dist / f"{name}.zip", prefix=f"{name}/")
    check_processor(imhook, machine)
    name = f"imhook-{version}-{target}"
    tar_program(imhook, name, dist / f"{name}.tar.gz")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
