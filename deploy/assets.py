"""The desk's style sheets and script, made of published packages: `make assets` makes them again.

Committed, so that no desk asks the network for them. A service that is not on GOV.UK uses no
crown, no GDS Transport and no logo: the transformation takes the typeface out.

    python -m deploy.assets            says where what is committed differs from what is published
    python -m deploy.assets --write    writes it
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ASSETS = Path(__file__).parent.parent / "consumers" / "desk" / "assets"
FILES = {
    "govuk-frontend.min.css": ("govuk-frontend@6.3.0", "dist/govuk/govuk-frontend.min.css"),
    "govuk-frontend.min.js": ("govuk-frontend@6.3.0", "dist/govuk/govuk-frontend.min.js"),
    "moj-frontend.min.css": ("@ministryofjustice/frontend@11.1.0", "moj/moj-frontend.min.css"),
}
"""What is served, by its name: the package and version it is from, and where it stands there."""
CHANGES = {
    "no source map": re.compile(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S+"),
    "no typeface": re.compile(r"@font-face\{[^}]*\}"),
    "no GDS Transport": re.compile(r'"?GDS Transport"?,'),
    "no image of another address": re.compile(r"url\((?!data:|\"data:)[^)]*\)"),
}
"""What is taken out, by why; what is left is as published."""


def transformed(text: str) -> str:
    """Take out of a published file what this service may not use or does not serve."""
    for name, pattern in CHANGES.items():
        text = pattern.sub("none" if name.startswith("no image") else "", text)
    return text


def main() -> None:
    """Fetch the packages, transform, and write or compare."""
    made: dict[str, bytes] = {}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (package, member) in FILES.items():
            packed = _packed(package, Path(folder))
            with tarfile.open(packed) as archive:
                found = archive.extractfile(f"package/{member}")
                text = found.read().decode() if found else ""
            made[name] = transformed(text).encode()
            integrity = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
            rows.append({
                "file": name, "package": package, "member": member,
                "integrity": f"sha512-{integrity}", "changes": list(CHANGES), "licence": "MIT",
                "sha256": hashlib.sha256(made[name]).hexdigest(),
            })  # fmt: skip
    made["manifest.json"] = json.dumps(rows, indent=2).encode() + b"\n"
    differs = [name for name, octets in made.items() if _held(name) != octets]
    for name in differs:
        if "--write" in sys.argv:
            (ASSETS / name).write_bytes(made[name])
        sys.stdout.write(f"{name} differs from what is published\n")
    sys.exit(bool(differs) and "--write" not in sys.argv)


def _held(name: str) -> bytes:
    path = ASSETS / name
    return path.read_bytes() if path.exists() else b""


def _packed(package: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return folder / ran.stdout.split()[-1]


if __name__ == "__main__":
    main()
