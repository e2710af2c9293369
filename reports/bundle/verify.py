"""Checks an evidence bundle: python3 verify.py [BUNDLE], a folder, or a zip without unpacking it; left out, the folder in which this file lies.

Needs Python 3.6 or later and nothing else: no network, no other program, and it writes nothing. Prints a line for each check: "holds",
"DOES NOT HOLD", or "not checked" with the command that does check it. Ends with 0 where all that was checked holds, 1 where something doesn't,
2 where there is no bundle to be read. What a bundle says is printed without control characters. First comes how a bundle is read, then the
arithmetic of trees and signatures, then the checks in their order, then main.
"""
import base64, hashlib, json, os, re, stat, sys, time, zipfile, zlib
NOTHING_WAS_CHECKED: str = "Python 3.6 or later is needed"  # an older one shows this line and stops
MOST_IN_MEMORY, MOST_UNPACKED = 256 << 20, 64 << 30  # bytes

def safe(path):
    """Whether a path stays inside the folder that it is unpacked to, on every system."""
    return not re.search(r"[\x00-\x1f\\:]", path) and all(part not in ("", ".", "..") for part in path.split("/"))

class Bag:
    """The plain files of a folder or a zip below its one top folder: ``sizes`` by path. ``odd``: what a bundle never has, in words."""
    def __init__(self, path):
        self.path, self.archive, self.top, self.sizes, self.odd, self.looked_at = path, None, "", {}, [], set()
        self.look_through_folder() if os.path.isdir(path) else self.look_through_zip()
        if "bagit.txt" not in self.sizes:
            raise ValueError("there is no bagit.txt at its top, nor in the one folder that is in it")
    def look_through_folder(self):
        inside = [os.path.join(self.path, name) for name in os.listdir(self.path)]
        self.path = inside[0] if len(inside) == 1 and os.path.isdir(inside[0]) else self.path
        for folder, folders, files in os.walk(self.path):  # links aren't followed
            for full in (os.path.join(folder, name) for name in folders + files):
                path, about = os.path.relpath(full, self.path).replace(os.sep, "/"), os.lstat(full)
                if stat.S_ISREG(about.st_mode):
                    self.sizes[path] = about.st_size
                elif not stat.S_ISDIR(about.st_mode):
                    self.odd.append(f"{path} is a link or another thing that is no plain file; it wasn't followed")
    def look_through_zip(self):
        self.archive = zipfile.ZipFile(self.path)
        entries, packed = self.archive.infolist(), os.path.getsize(self.path)
        total = sum(entry.file_size for entry in entries)
        if total > min(MOST_UNPACKED, (1 << 30) + 200 * packed):
            raise ValueError(f"{len(entries)} files of {total} bytes in {packed}: if you trust it, unpack it otherwise and check the folder")
        self.top = entries[0].filename.split("/")[0] + "/" if entries else ""
        for entry in entries:
            name, path = entry.orig_filename, entry.filename[len(self.top):]
            if not safe(name.rstrip("/")) or not entry.filename.startswith(self.top) or stat.S_ISLNK(entry.external_attr >> 16):
                self.odd.append(f"the zip's entry {name!r} is a link or lies outside the bundle's folder: don't unpack this zip")
            elif path in self.sizes or entry.flag_bits & 1 or entry.compress_type not in (0, 8):
                self.odd.append(f"{path} is in the zip twice, encrypted, or packed in another way than bundles are")
            elif not entry.is_dir():
                self.sizes[path] = entry.file_size
    def chunks(self, path):
        with self.archive.open(self.top + path) if self.archive else open(os.path.join(self.path, path), "rb") as file:
            yield from iter(lambda: file.read(1 << 20), b"")
    def read(self, path):
        if not 0 <= self.sizes.get(path, -1) <= MOST_IN_MEMORY:
            raise ValueError(f"{path} is too large for what it should be" if path in self.sizes else f"{path} is missing")
        self.looked_at.add(path)
        return b"".join(self.chunks(path))

# Arithmetic: trees (RFC 6962), Ed25519 (RFC 8032), ECDSA on P-256 (FIPS 186-5), RSA PKCS#1 v1.5 (RFC 8017), DER (X.690), JSON (RFC 8785)
def sha256(data):
    return hashlib.sha256(data).hexdigest()
def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()

def inclusion_root(leaf, index, size, path):
    """The root of ``size`` entries that follows from the leaf hash of entry ``index`` and its audit path (RFC 6962, 2.1.1)."""
    if size < 2:
        return leaf if (index, size, len(path)) == (0, 1, 0) else b""
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return node(inclusion_root(leaf, index, half, path[:-1]), path[-1])
    return node(path[-1], inclusion_root(leaf, index - half, size - half, path[:-1]))
def consistency_roots(first, size, path, known):
    """The roots of ``first`` and ``size`` entries that follow from the path (RFC 6962, 2.1.2); ``known``: the first, or b"" where the path has it."""
    if first == size:
        return (known if known and not path else path[0] if not known and len(path) == 1 else b"",) * 2
    half = 1 << (size - 1).bit_length() - 1
    if first <= half:
        old, new = consistency_roots(first, half, path[:-1], known)
        return old, node(new, path[-1])
    old, new = consistency_roots(first - half, size - half, path[:-1], b"")
    return node(path[-1], old), node(path[-1], new)

def times(add, zero, number, point):  # the point added to itself so many times
    while number:
        zero, point, number = add(zero, point) if number & 1 else zero, add(point, point), number >> 1
    return zero

def inverse(number, prime):
    return pow(number, prime - 2, prime)

ED_P, ED_L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
ED_D, ED_B = -121665 * inverse(121666, ED_P) % ED_P, (4 * inverse(5, ED_P) % ED_P).to_bytes(32, "little")
P, N = 2**256 - 2**224 + 2**192 + 2**96 - 1, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)

def ed_add(a, b):  # (x, y, z) is the point x / z, y / z, so that nothing is divided but at the end
    x, y, z = (a[i] * b[i] % ED_P for i in range(3))
    less, more = z * z - ED_D * x * y, z * z + ED_D * x * y
    return (a[0] * b[1] + b[0] * a[1]) * z * less % ED_P, (y + x) * z * more % ED_P, less * more % ED_P

def ed_point(data):  # of 32 bytes (RFC 8032, 5.1.3)
    sign, y = divmod(int.from_bytes(data, "little"), 1 << 255)
    square = (y * y - 1) * inverse(ED_D * y * y + 1, ED_P) % ED_P
    x = pow(square, (ED_P + 3) // 8, ED_P)
    x = x if x * x % ED_P == square else x * pow(2, (ED_P - 1) // 4, ED_P) % ED_P
    if len(data) != 32 or y >= ED_P or x * x % ED_P != square or (x == 0 and sign):
        raise ValueError("these bytes are no point of the curve")
    return (x if x & 1 == sign else ED_P - x), y, 1

def ed25519_holds(public, message, signature):
    key, start, base = map(ed_point, (public, signature[:32], ED_B))
    s, h = int.from_bytes(signature[32:], "little"), int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ED_L
    return len(signature) == 64 and s < ED_L and len({(x * inverse(z, ED_P) % ED_P, y * inverse(z, ED_P) % ED_P) for x, y, z in (
        times(ed_add, (0, 1, 1), s, base), ed_add(start, times(ed_add, (0, 1, 1), h, key)))}) == 1

def p256_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] - 3) * inverse(2 * a[1], P) if a == b else (b[1] - a[1]) * inverse(b[0] - a[0], P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P

def pem_content(data):
    return tried(base64.b64decode, b"".join(data.split(b"\n")[1:-2])) or b""

def der(data):
    """What stands in a row of DER values, up to where it is cut off: (tag, content) of each."""
    start = 2 + (data[1] & 0x7F if data[1:2] > b"\x80" else 0)
    end = start + int.from_bytes(data[2:start] or data[1:2], "big")
    return [(data[0], data[start:end]), *der(data[end:])] if end <= len(data) else []

def sealed(data, algorithm, signature, certificate):
    """Whether ``signature`` was made over ``data`` with the key of the certificate (DER)."""
    fields = [content for tag, content in der(der(der(certificate)[0][1])[0][1]) if tag != 0xA0]
    (_, method), (_, bits) = der(fields[5])
    oids, key, digest = [content.hex() for _, content in der(method)], bits[1:], hashlib.sha256(data).digest()
    if algorithm == "ecdsa-p256-sha256" and oids == ["2a8648ce3d0201", "2a8648ce3d030107"] and len(key) == 65 and key[0] == 4:
        row = der(der(signature)[0][1])
        x, y, e, r, s = (int.from_bytes(number, "big") for number in (key[1:33], key[33:], digest, row[0][1], row[1][1]))
        if (y * y - x * x * x + 3 * x - B) % P or max(x, y) >= P or not 0 < r < N > s > 0 or [t for t, _ in der(signature) + row] != [48, 2, 2]:
            return False
        point = p256_add(times(p256_add, None, e * inverse(s, N) % N, G), times(p256_add, None, r * inverse(s, N) % N, (x, y)))
        return point is not None and point[0] % N == r
    if algorithm == "rsa-pkcs1v15-sha256" and oids[0] == "2a864886f70d010101":
        n, e = (int.from_bytes(content, "big") for _, content in der(der(key)[0][1]))
        length, info = (n.bit_length() + 7) // 8, bytes.fromhex("3031300d060960864801650304020105000420") + digest
        padded = int.from_bytes(b"\0\1" + b"\xff" * (length - 3 - len(info)) + b"\0" + info, "big")
        allowed = 256 <= length <= 2048 and e.bit_length() <= 64 and len(signature) == length
        return allowed and pow(int.from_bytes(signature, "big"), e, n) == padded
    return False

def canonical(value):  # the one form in bytes, for values whose keys are ASCII and whose numbers are whole
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

def person_of(key, body):
    """The reference of the person whom the private text ``key`` of an entry names; a reason names nobody."""
    kind, about = body["object"]["type"], body["object"]["id"]
    label = f"person:{about}" if kind in ("person", "user") and not about.startswith("person:") else about
    return str({"actor_name": body["actor"], "object_label": label}.get(key) or body["changes"].get(key[:-5] if key.endswith("_name") else None))

def tried(function, *arguments):  # what it gives, or None where what the bundle says doesn't suit it
    try:
        return function(*arguments)
    except Exception:
        return None

class Check:
    """All checks. ``entries``: the trail's proved entries by index. Each check says what holds, or what doesn't."""
    def __init__(self, bag):
        self.bag, self.sha, self.entries, self.decision, self.reports = bag, {}, {}, None, []
        self.counts = {"holds": 0, "DOES NOT HOLD": 0, "not checked": 0}
    def say(self, mark, name, text):
        self.counts[mark] += 1
        sys.stdout.write("".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in f"{mark:<15}{name}: {text}") + "\n")
    def expect(self, right, name, good, *bad):
        for text in [good] if right else dict.fromkeys(bad):
            self.say("holds" if right else "DOES NOT HOLD", name, text)
    def run(self):
        for part in (self.package, self.records, self.origins, self.evidence, self.log, self.trail, self.signatures, self.told, self.pdf, self.rest):
            try:
                part()
            except Exception as error:
                why = str(error) if type(error) is ValueError else f"it isn't built as its format says ({type(error).__name__}: {error})"
                self.say("DOES NOT HOLD", part.__name__, f"this part can't be checked to its end: {why[:300]}")
            if part == self.records and not self.decision:
                break  # the rest hangs on the two records
        for name, text in NOT_CHECKED_HERE.items():
            if name != "timestamp" or "data/trail/checkpoint.tsr" in self.bag.sizes:
                self.say("not checked", name, text)
        return self.counts
    def package(self):
        """Every file is there, unchanged, and named by a manifest; sizes are those that are stated (RFC 8493)."""
        bag, bad = self.bag, []
        self.expect(not bag.odd, "package", "it has plain files alone, all in one folder", *bag.odd)
        for path in bag.sizes:
            digest, size = hashlib.sha256(), 0
            try:
                for chunk in bag.chunks(path):
                    digest.update(chunk)
                    size += len(chunk)
                self.sha[path], bag.sizes[path] = digest.hexdigest(), size
            except Exception as error:
                self.say("DOES NOT HOLD", "package", f"{path} can't be read: it was cut or damaged ({error})")
        bad += ["bagit.txt doesn't declare BagIt 1.0"] * (bag.read("bagit.txt") != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        for name, payload in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
            stated = {}
            for line in bag.read(name).decode().splitlines():
                digest, _, path = line.partition("  ")
                if not re.fullmatch("[0-9a-f]{64}", digest) or not safe(path) or path in stated or path.startswith("data/") != payload:
                    bad.append(f"{name} has a line that isn't right: {line[:200]!r}")
                stated[path] = digest
            bad += [f"{path} is missing" for path in stated if path not in bag.sizes]
            bad += [f"{path} was changed: its SHA-256 is {self.sha[path]}, and {name} states another" for path in stated
                    if self.sha.get(path, stated[path]) != stated[path]]
            bad += [f"{path} was added: {name} doesn't name it" for path in bag.sizes
                    if path.startswith("data/") == payload and path not in stated and path != "tagmanifest-sha256.txt"]
        here = {path: (size, self.sha.get(path)) for path, size in bag.sizes.items() if path.startswith("data/")}
        oxum = f"Payload-Oxum: {sum(size for size, _ in here.values())}.{len(here)}"
        bad += [] if oxum in bag.read("bag-info.txt").decode().splitlines() else [f"bag-info.txt doesn't state what is here, {oxum}"]
        listed = {one["path"]: (one["size"], one["sha256"]) for one in json.loads(bag.read("data/index.json"))["files"]}
        del here["data/index.json"]
        bad += [f"data/index.json lists {path} otherwise than it is here" for path in {**listed, **here} if listed.get(path) != here.get(path)]
        self.expect(not bad and len(self.sha) == len(bag.sizes), "package", f"no file is missing, added or changed since packing; {oxum}", *bad)
    def records(self):
        """Snapshot and decision record: in their one form, bound to each other, and the outcome follows from the verdicts."""
        read = []
        for name, formats in (("snapshot", "countersign/snapshot@1"), ("decision-record", "countersign/decision@1 countersign/decision@2")):
            data = self.bag.read(f"data/records/{name}.json")
            value, digest = json.loads(data), "sha256:" + sha256(data)
            self.expect(canonical(value) == data and value["format"] in formats.split(), name, f"in canonical form, {digest}",
                        "its bytes aren't in the canonical form of RFC 8785, or it has another format")
            read += [value, digest]
        snapshot, self.snapshot_digest, decision, self.decision_digest = read
        self.expect(decision["snapshot"]["digest"] == self.snapshot_digest, "decision-record", "it names this snapshot by its digest",
                    f"it is about another snapshot: it names {decision['snapshot']['digest']}")
        outcome, stated = decision["decision"]["outcome"], [decision["organisation"], decision["assessment"], decision["snapshot"]["number"]]
        agree = [*stated, decision["decision"]["option"]] == [
            *(snapshot[key] for key in ("organisation", "assessment", "number")), snapshot["proposal"]["option"]]
        follows = decision["verdicts"][-1]["verdict"] in {"approved": ("approve", "approve_with_conditions"), "rejected": ("reject",)}[outcome]
        filled = outcome != "approved" or all(stage["given"] >= stage["needed"] for stage in decision.get("stages", []))
        self.expect(agree and follows and filled, "agreement", f"both records say the same, and {outcome!r} follows from the verdicts",
                    "the records contradict each other, or the outcome doesn't follow from the verdicts")
        self.snapshot, self.decision = snapshot, decision
    def origins(self):
        """What the figures come from: the release of the catalogue, and the assessment file."""
        catalogue, path = self.snapshot["catalogue"], "data/catalogue/{key}-{version}.json".format(**self.snapshot["catalogue"])
        self.expect("sha256:" + sha256(self.bag.read(path)) == catalogue["digest"], "catalogue", "the release is the one that the record names",
                    f"the release here isn't the one that the record names: {path} must have {catalogue['digest']}")
        self.expect(json.loads(self.bag.read("data/assessment/assessment.json")) == self.snapshot["file"], "assessment file",
                    "it is the one in the snapshot", "it isn't the one in the snapshot: answers or figures were changed")
    def evidence(self):
        """Every file that an answer rests on, by the digest that the snapshot holds."""
        wrong, used, files = [], set(), {path: self.sha.get(path, "") for path in self.bag.sizes if path.startswith("data/evidence/")}
        here = {digest: self.bag.sizes[path] for path, digest in files.items() if path[14:47] == digest[:32] + "-"}
        questions = [q for one in self.snapshot["questionnaires"] for section in one["sections"] for q in section["questions"]]
        for question, one in ((q["id"], e) for q in questions for answer in q["answers"].values() for e in answer.get("evidence", [])):
            used.add(one["sha256"])
            if not one["size"] and one["sha256"] not in here:
                self.say("not checked", "evidence", f"{one['name']}, named for {question}, was never uploaded: sha256sum must give {one['sha256']}")
            elif here.get(one["sha256"]) != (one["size"] or here.get(one["sha256"])):
                wrong.append(f"{one['name']}, which the answer to {question} rests on, is missing or was changed: it has SHA-256 {one['sha256']}")
        wrong += [f"{path} (SHA-256 {one}) is evidence on which no answer rests" for path, one in files.items() if one not in used & here.keys()]
        self.expect(not wrong, "evidence", f"{len(here)} files are those that answers rest on, by the digests in the snapshot", *wrong)
    def log(self):
        """The checkpoint: its signatures, and that the log goes on from the place that the decision record names."""
        text, _, lines = self.bag.read("data/trail/checkpoint.note").decode().rpartition("\n\n")
        origin, size, root = text.split("\n")[:3]
        self.size, self.root, at, keys, good, bad = int(size), base64.b64decode(root, validate=True), None, {}, [], []
        known = [line.split("+", 2) for line in self.bag.read("data/trail/log-keys.txt").decode().split()]
        for name, key in ((name, base64.b64decode(encoded, validate=True)) for name, _, encoded in known):
            keys[name, hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]] = key[0], key[1:]
        for name, encoded in (line.split(" ")[1:] for line in lines.splitlines()):
            data, message = base64.b64decode(encoded, validate=True), f"{text}\n".encode()
            kind, public = keys.get((name, data[:4]), (0, b""))
            if kind == 4:  # the kind that states a time
                seconds = int.from_bytes(data[4:12], "big")
                message, at = f"cosignature/v1\ntime {seconds}\n".encode() + message, tried(time.gmtime, seconds)
            holds = kind in (1, 4) and tried(ed25519_holds, public, message, data[12 if kind == 4 else 4:])
            (good if holds else bad).append(f"{name}+{data[:4].hex()}")
        said, log = time.strftime(", on %Y-%m-%d %H:%M:%S UTC", at) if at else "", self.decision["log"]
        self.expect(origin.endswith("/" + log["stream"]) and good and not bad, "checkpoint",
                    f"{self.size} entries, root {self.root.hex()}, signed by {' and '.join(good)}{said}",
                    f"it is of another log ({origin}), or a signature on it isn't by a key in log-keys.txt: {' '.join(bad) or 'none'}")
        known, steps = bytes.fromhex(log["root"]), json.loads(self.bag.read("data/trail/consistency.json"))["path"]
        self.expect(tried(consistency_roots, log["size"], self.size, [bytes.fromhex(step) for step in steps], known) == (known, self.root), "log",
                    f"its {self.size} entries begin with the {log['size']} that the decision record names, unchanged",
                    "no proof leads from the place of the log that the decision record names to the checkpoint")
    def trail(self):
        """Each entry: its bytes, its place, its proof to the checkpoint, and the texts that it holds digests of."""
        missing, wrong, before = [], [], -1
        for one in map(json.loads, self.bag.read("data/trail/entries.jsonl").decode().split("\n")[:-1]):
            body, index, leaf = json.loads(one["hashed"]), one["index"], hashlib.sha256(b"\0" + one["hashed"].encode()).digest()
            place, path = (index, self.decision["log"]["stream"]), [bytes.fromhex(step) for step in one["path"]]
            if leaf.hex() != one["leaf_hash"] or (body["index"], body["stream"]) != place or index <= before:
                wrong.append(f"entry {index} was changed or moved: its bytes don't have its hash, its place or its log")
            elif tried(inclusion_root, leaf, index, self.size, path) != self.root:
                wrong.append(f"the proof of entry {index} doesn't lead to the checkpoint")
            else:
                self.entries[index] = {**body, "leaf": leaf.hex()}
            for key, said in one["texts"].items():
                if body["private"].get(key) != "sha256:" + sha256(bytes.fromhex(said["salt"]) + said["text"].encode()):
                    wrong.append(f"the text {key!r} of entry {index} isn't the one that was recorded")
            missing, before = missing + [(index, key, person_of(key, body)) for key in body["private"] if key not in one["texts"]], index
        erased = {f"person:{e['object']['id']}": index for index, e in self.entries.items() if e["action"] == "audit.person_erased"}
        wrong += [f"the text {key!r} of entry {index} is missing, and no later entry tells that it was erased. Whether it was taken out of this file "
                  f"or out of the service's table, the file can't say; there manage.py verify_audit --stream {self.decision['log']['stream']} does"
                  for index, key, person in missing if erased.get(person, -1) < index]
        wrong += [f"entry {one['index']} ({one['action']}), which the decision record lists, is missing or another"
                  for one in self.decision["trail"] if self.entries.get(one["index"], {}).get("leaf") != one["leaf_hash"]]
        self.expect(not wrong, "trail", f"{len(self.entries)} entries are in the log, texts as recorded"
                    + (f"; {len(missing)} names were erased, as entries of it tell" if missing else ""), *wrong)
    def signatures(self):
        """The organisation's seal over each verdict: on what, by whom, and that the files beside it are the same."""
        for number, verdict in enumerate(self.decision["verdicts"], 1):
            name, signed, seal = f"signature of {verdict['person']['name']}", verdict.get("signed"), verdict.get("seal")
            bound = verdict["snapshot_digest"] == self.snapshot_digest
            if bound and not signed:
                self.say("not checked", name, "given before verdicts were sealed, or without a seal: the decision record alone tells of it")
                continue
            other = [key for key in ("organisation", "assessment", "snapshot") if signed[key] != self.decision[key]]
            other += [key for key in signed if key in verdict and signed[key] != verdict[key]] + ([] if bound else ["snapshot digest"])
            data, signature = canonical(signed), base64.b64decode(seal["signature"], validate=True)
            certificate = base64.b64decode(self.decision["certificates"].get(seal["certificate"], ""), validate=True)
            holds = sha256(certificate) == seal["certificate"] and tried(sealed, data, seal["algorithm"], signature, certificate)
            path, pem = f"data/signatures/{number:02}-{verdict['id']}", self.bag.read(f"data/certificates/{seal['certificate']}.pem")
            beside = [self.bag.read(path + ".json"), self.bag.read(path + ".sig"), pem_content(pem)]
            told = any(e["changes"].get("signature") == "sha256:" + sha256(data) and e["actor"] == signed["person"]["reference"]
                       and e["changes"]["digest"] == self.snapshot_digest for e in self.entries.values())
            problem = ("what was sealed was given for something else, or by somebody else: it has another " + ", ".join(other) if other
                       else "the seal isn't over what it stands beside: one of them was changed" if not holds
                       else "no entry of the trail says that this person gave it" if not told
                       else "the files in data/signatures or data/certificates aren't those of the decision record")
            self.expect(told and holds and not other and beside == [data, signature, certificate], name, f"{signed['verdict']} "
                        f"({signed['meaning']}) on this snapshot, sealed under the certificate {seal['certificate']}, and in the trail", problem)
    def told(self):
        """What the proved entries say of the records, the certificates and the report."""
        said = [(e["action"], e["changes"], e["object"]["id"]) for e in self.entries.values()]
        outcome, about = "assessment." + self.decision["decision"]["outcome"], self.decision["assessment"]["id"]
        for what, action, key, digest in (("snapshot was submitted", "assessment.submitted", "digest", self.snapshot_digest),
                                          ("decision record was made", outcome, "decision_record", self.decision_digest)):
            right = any((a, i, c.get(key)) == (action, about, digest) for a, c, i in said)
            self.expect(right, "trail", f"it tells that this {what}", f"no entry tells that this {what}")
        self.reports = [c["sha256"] for a, c, _ in said if a == "report.made" and c["decision_record"] == self.decision_digest]
        began = [c["certificate"] for a, c, _ in said if a in ("seal.made", "seal.rotated")]
        files = {path[18:-4]: pem_content(self.bag.read(path)) for path in self.bag.sizes if re.fullmatch("data/certificates/[0-9a-f]{64}.pem", path)}
        strange = {*files, *self.decision.get("certificates", {})} - {c["to"] if isinstance(c, dict) else c for c in began}
        strange |= {name for name, content in files.items() if sha256(content) != name}
        self.expect(not strange, "certificates", "the trail tells that the organisation began to seal with each of them",
                    f"no entry tells that the organisation ever sealed with this, or its file was changed: {' '.join(sorted(strange))}")
    def pdf(self):
        """The report is the one that the trail names, and what is inside it are these records."""
        paths = sorted(path for path in self.bag.sizes if path.startswith("data/report/"))
        self.expect({self.sha.get(path) for path in paths} == set(self.reports) != set(), "report", "the trail tells of it, by its SHA-256",
                    f"it was changed, is missing or another: the trail tells of SHA-256 {' '.join(self.reports) or 'none'}")
        records = {self.snapshot_digest: "snapshot", self.decision_digest: "decision record",
                   "sha256:" + sha256(canonical(self.snapshot["evaluation"])): "evaluation"}
        for path in paths:
            data, found = self.bag.read(path), []
            for match in list(re.finditer(rb"/EmbeddedFile(?![A-Za-z])[^\n]{0,2000}?\nstream\r?\n", data))[:10]:
                inside = tried(zlib.decompressobj().decompress, data[match.end():], MOST_IN_MEMORY) or b""
                other = "proof of the log" if b'"format":"countersign/log-proof@1"' in inside else "another file"
                found.append(records.get("sha256:" + sha256(inside), other))
            self.expect({"snapshot", "decision record"} <= set(found) and "another file" not in found, path,
                        f"inside it are, as they are here: {', '.join(found)}", f"inside it aren't these records, but: {', '.join(found)}")
    def rest(self):
        """Where all else holds: that each file was needed for it, or is one that no check needs."""
        free = r"README\.txt|verify\.py|data/(evidence/.*|trail/checkpoint\.tsr|certificates/[0-9a-f]{64}-issuers\.pem)"
        other = [path for path in self.bag.sizes if path not in self.bag.looked_at and not re.fullmatch(free, path)]
        if not self.counts["DOES NOT HOLD"]:
            self.expect(not other, "package", "every file in it has its place", *(f"{path} is none that bundles have" for path in other))

NOT_CHECKED_HERE = {
    "seal of the report": "its signature, and that it covers the whole file: pdfsig data/report/*.pdf",
    "certificates": "that they are the organisation's: compare the SHA-256 with what it tells you. openssl x509 -in data/certificates/X.pem -noout "
    "-fingerprint -sha256 -subject -dates; openssl verify -CAfile ROOTS.pem [-untrusted data/certificates/X-issuers.pem] data/certificates/X.pem",
    "log keys": "that they are the organisation's: compare with the list that it gave you. diff data/trail/log-keys.txt LIST",
    "later entries": "that none was left out, nor another log shown to others: ask for manage.py verify_audit --stream STREAM --checkpoint SIZE:ROOT",
    "wording": "what README.txt, bag-info.txt and index.json say, and 'sentence' beside an entry, are the service's; verify.py: take another copy",
    "figures": "that they follow from the answers: manage.py evaluate data/assessment/assessment.json, against the snapshot's 'evaluation'",
    "timestamp": "the authority's word for the time: openssl ts -verify -data data/trail/checkpoint.note -in data/trail/checkpoint.tsr -CAfile A.pem",
}

def main(arguments):
    sys.stdout = type(sys.stdout)(sys.stdout.buffer, sys.stdout.encoding, "backslashreplace")
    path = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        bag = Bag(path)
    except Exception as error:
        sys.stdout.write(f"Nothing was checked: {path!r} is no bundle that can be read, folder or zip ({error}). usage: verify.py [BUNDLE]\n")
        return 2
    good, wrong, rest = Check(bag).run().values()
    sys.stdout.write((f"THE BUNDLE DOES NOT HOLD: {wrong} of {good + wrong} checks failed" if wrong else f"All {good} checks hold")
                     + f"; {rest} things are not checked here, and the lines above say how they are.\n")
    return 1 if wrong else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
