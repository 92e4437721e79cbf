"""What a release is made of: the version in every place, the packaged stack, the archives, the workflows.

The functions are stand-ins with the head of an ELF file: what is tested is what `make package` does with them.
usage: .local/tools/bin/python tests/release.py
"""

import hashlib
import json
import re
import stat
import subprocess
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

import yaml
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parent.parent
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
PUBLISHED = TEMPLATE["Metadata"]["AWS::ServerlessRepo::Application"]
MACHINES = {"arm64": b"\xb7\0", "x86-64": b"\x3e\0"}
# ubuntu-24.04 has these, and make does not install them.
OTHER_COMMANDS = (r"rustup toolchain install ", r'test "\$RESULTS" = "success success"$')


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def make(*arguments):
    return run("make", "--silent", "--no-print-directory", *arguments)


def packages():
    metadata = run("cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1")
    if metadata.returncode:  # a fresh machine has no index yet
        metadata = run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1")
    return {package["name"]: package for package in json.loads(metadata.stdout)["packages"]}


PACKAGES = packages()
VERSION = PACKAGES["cli"]["version"]


def functions(template):
    resources = template["Resources"].items()
    return {name: it["Properties"] for name, it in resources if it["Type"] == "AWS::Serverless::Function"}


class TheVersion(unittest.TestCase):
    def test_is_the_same_in_every_package_and_in_the_template(self):
        self.assertEqual({package["version"] for package in PACKAGES.values()}, {VERSION})
        self.assertEqual(PUBLISHED["SemanticVersion"], VERSION)

    def test_is_the_first_that_the_changelog_has_notes_for(self):
        versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
        self.assertEqual([it for it in versions if it != "Unreleased"][0], VERSION)
        texts = [run("scripts/release-notes.sh", version).stdout for version in versions]
        for version, text in zip(versions, texts):
            self.assertTrue(text.strip(), version)
            self.assertNotRegex(text, r"(?m)^## ")
        self.assertEqual(len(set(texts)), len(versions))

    def test_without_notes_is_no_release(self):
        self.assertNotEqual(run("scripts/release-notes.sh", "0.0.99").returncode, 0)

    def test_is_released_by_its_own_tag_at_its_own_address_only(self):
        repository = PACKAGES["cli"]["repository"] or ""

        def check(tag, repository):
            return make("release-check", f"TAG={tag}", f"REPOSITORY={repository}")

        self.assertEqual(check(f"v{VERSION}", repository).returncode, 0)
        self.assertIn("the tag is v0.0.99", check("v0.0.99", repository).stderr)
        self.assertIn("repository =", check(f"v{VERSION}", "https://example.com/a/fork").stderr)


class TheServerlessApplicationRepository(unittest.TestCase):
    def test_accepts_the_metadata(self):
        """The limits are those of the SAM documentation."""
        self.assertRegex(PUBLISHED["Name"], r"^[a-zA-Z0-9\-]{1,140}$")
        self.assertRegex(PUBLISHED["Author"], r"^[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?$")
        self.assertLessEqual(len(PUBLISHED["Author"]), 127)
        self.assertTrue(1 <= len(PUBLISHED["Description"]) <= 256)
        self.assertLessEqual(len(PUBLISHED["Labels"]), 10)
        for label in PUBLISHED["Labels"]:
            self.assertRegex(label, r"^[a-zA-Z0-9+\-_:/@]{1,127}$")

    def test_finds_the_licence_and_the_readme(self):
        self.assertIn(PUBLISHED["SpdxLicenseId"], PACKAGES["cli"]["license"].split(" OR "))
        for file in (PUBLISHED["LicenseUrl"], PUBLISHED["ReadmeUrl"]):
            self.assertTrue((ROOT / file).is_file(), file)


class ThePackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        cls.built = {name: cls.build(name) for name in MACHINES}
        cls.dist = cls.folder / "dist"
        for architecture in MACHINES:
            done = cls.package(architecture, cls.dist)
            assert done.returncode == 0, done.stderr

    @classmethod
    def build(cls, architecture):
        """What `make dist` has built before it packages."""
        folder = cls.folder / f"built-{architecture}"
        names = {it["CodeUri"].split("/")[-2] for it in functions(TEMPLATE).values()}
        for name in [*names, "imhook"]:
            file = folder / name / "bootstrap"
            file.parent.mkdir(parents=True)
            file.write_bytes(b"\x7fELF".ljust(18, b"\0") + MACHINES[architecture] + name.encode())
        put = make("put-policies", f"LAMBDA_DIR={folder}")
        assert put.returncode == 0, put.stderr
        return folder

    @classmethod
    def package(cls, architecture, dist, built=None):
        built = built or cls.built[architecture]
        return make("package", f"ARCHITECTURE={architecture}", f"LAMBDA_DIR={built}", f"IMHOOK_DIR={built}", f"DIST={dist}")

    def template(self, architecture):
        return yaml_parse((self.dist / architecture / "template.yaml").read_text())

    def test_has_a_zip_with_the_program_and_its_policies_for_each_function(self):
        for architecture, built in self.built.items():
            packaged = functions(self.template(architecture))
            self.assertEqual(packaged.keys(), functions(TEMPLATE).keys())
            for name, properties in packaged.items():
                folder = built / functions(TEMPLATE)[name]["CodeUri"].split("/")[-2]
                with zipfile.ZipFile(self.dist / architecture / properties["CodeUri"]) as archive:
                    content = {entry.filename: archive.read(entry) for entry in archive.infolist()}
                    self.assertEqual(content, {file.name: file.read_bytes() for file in folder.iterdir()})
                    mode = archive.getinfo("bootstrap").external_attr >> 16
                    self.assertEqual(stat.filemode(mode), "-rwxr-xr-x")

    def test_changes_only_the_code_and_the_architecture_of_the_template(self):
        for architecture in MACHINES:
            packaged = self.template(architecture)
            name = {"arm64": "arm64", "x86-64": "x86_64"}[architecture]
            parameter = packaged["Parameters"]["Architecture"]
            self.assertEqual((parameter["Default"], parameter["AllowedValues"]), (name, [name]))
            packaged["Parameters"]["Architecture"] = TEMPLATE["Parameters"]["Architecture"]
            for function, properties in functions(packaged).items():
                properties["CodeUri"] = functions(TEMPLATE)[function]["CodeUri"]
            self.assertEqual(packaged, TEMPLATE)

    def test_is_a_template_without_mistakes(self):
        lint = run(".local/tools/bin/cfn-lint", "--regions", "eu-central-1", "--", self.dist / "arm64/template.yaml")
        self.assertEqual(lint.returncode, 0, lint.stdout + lint.stderr)

    def test_has_every_file_that_its_template_and_its_documents_name(self):
        for architecture in MACHINES:
            stack = self.dist / architecture
            for file in (PUBLISHED["LicenseUrl"], PUBLISHED["ReadmeUrl"], "samconfig.toml", "policies.json"):
                self.assertTrue((stack / file).is_file(), file)
            text = (stack / "docs/deploy-a-release.md").read_text()
            links = [it for it in re.findall(r"\]\(([^)#]+)", text) if "://" not in it]
            self.assertTrue(links)
            for link in links:
                self.assertTrue((stack / "docs" / link).is_file(), link)

    def test_is_also_an_archive(self):
        for architecture in MACHINES:
            name = f"webhook-receiver-{VERSION}-{architecture}"
            stack = self.dist / architecture
            with zipfile.ZipFile(self.dist / f"{name}.zip") as archive:
                content = {entry.filename: archive.read(entry) for entry in archive.infolist()}
            files = [file for file in stack.rglob("*") if file.is_file()]
            self.assertEqual(content, {f"{name}/{file.relative_to(stack)}": file.read_bytes() for file in files})

    def test_has_imhook_where_binstall_looks_for_it(self):
        binstall = PACKAGES["cli"]["metadata"]["binstall"]
        for target in ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"):
            words = {"repo": "https://example.com/x/y", "version": VERSION, "target": target, "bin": "imhook"}
            expand = lambda text: re.sub(r"\{ (\S+) \}", lambda word: words[word[1]], text)
            url = expand(binstall["pkg-url"])
            self.assertTrue(url.startswith(f"https://example.com/x/y/releases/download/v{VERSION}/"))
            with tarfile.open(self.dist / url.split("/")[-1], "r:gz") as archive:
                program = archive.getmember(expand(binstall["bin-dir"]))
                self.assertEqual(program.mode, 0o755)
                self.assertTrue(archive.extractfile(program).read().endswith(b"imhook"))

    def test_has_the_same_bytes_each_time(self):
        again = self.folder / "again"
        for architecture in MACHINES:
            self.package(architecture, again)
        digests = [
            {
                str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in folder.rglob("*")
                if file.is_file()
            }
            for folder in (self.dist, again)
        ]
        self.assertEqual(*digests)

    def test_of_another_processor_or_without_a_function_is_refused(self):
        other = self.package("arm64", self.folder / "refused", self.built["x86-64"])
        self.assertNotEqual(other.returncode, 0)
        self.assertIn("was not built for this architecture", other.stderr)
        built = self.folder / "incomplete"
        built.mkdir()
        none = self.package("arm64", self.folder / "refused", built)
        self.assertNotEqual(none.returncode, 0)
        self.assertIn("bootstrap does not exist", none.stderr)


class TheBuild(unittest.TestCase):
    def test_ends_with_a_bill_of_materials_beside_the_functions(self):
        done = make("--dry-run", "build", "LAMBDA_DIR=somewhere")
        self.assertEqual(done.returncode, 0, done.stderr)
        last = done.stdout.strip().splitlines()[-1]
        self.assertRegex(last, r"cargo-sbom sbom --output-format cyclone_dx_json\S+ >somewhere/sbom\.cdx\.json$")


class TheWorkflows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = {file.name: file.read_text() for file in (ROOT / ".github/workflows").glob("*.yml")}
        cls.workflows = {name: yaml.safe_load(text) for name, text in cls.texts.items()}

    def test_run_targets_of_the_makefile(self):
        commands = [
            step["run"]
            for workflow in self.workflows.values()
            for job in workflow["jobs"].values()
            for step in job.get("steps", [])
            if "run" in step
        ]
        self.assertTrue([it for it in commands if it.startswith("make dist")])
        for command in commands:
            if any(re.match(other, command) for other in OTHER_COMMANDS):
                continue
            self.assertRegex(command, r'^make [a-z-]+( [A-Z_]+="[^";&|]+")*$')
            target = command.split()[1]
            self.assertEqual(make("--dry-run", target).returncode, 0, f"make {target}")

    def test_build_every_architecture(self):
        matrix = self.workflows["release.yml"]["jobs"]["build"]["strategy"]["matrix"]
        self.assertEqual(matrix, {"architecture": list(MACHINES)})

    def test_pin_every_action_by_its_commit_and_say_its_version(self):
        for name, text in self.texts.items():
            uses = re.findall(r"^ +(?:- )?uses: (.*)$", text, re.MULTILINE)
            self.assertTrue(uses, name)
            for action in uses:
                self.assertRegex(action, r"^([\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/\S+)$", name)

    def test_need_every_job_for_the_one_that_a_branch_requires(self):
        jobs = self.workflows["ci.yml"]["jobs"]
        self.assertEqual(jobs["ci"]["needs"], [name for name in jobs if name != "ci"])

    def test_use_one_version_of_rust(self):
        versions = {name: it.get("env", {}).get("RUSTUP_TOOLCHAIN") for name, it in self.workflows.items()}
        self.assertEqual(versions["ci.yml"], versions["release.yml"])
        self.assertIsNotNone(versions["ci.yml"])


class Dependabot(unittest.TestCase):
    def test_reads_every_list_of_python_packages(self):
        updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
        folders = {folder for it in updates if it["package-ecosystem"] == "pip" for folder in it["directories"]}
        tracked = run("git", "ls-files", "--", "*.txt").stdout.split() or self.fail("no list is tracked")
        lists = [file for file in tracked if re.search(r"^[\w.-]+==", (ROOT / file).read_text(), re.MULTILINE)]
        self.assertEqual(folders, {f"/{Path(file).parent}" for file in lists})
        for file in lists:  # a line that is neither a requirement nor a comment hides the file from Dependabot
            for line in (ROOT / file).read_text().splitlines():
                self.assertRegex(line, r"^(#.*|[\w.-]+==[\w.]+|)$", file)


if __name__ == "__main__":
    unittest.main()
