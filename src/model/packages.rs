//! What is known of well-known distributions without asking an index: which hold
//! compiled code, which publish no wheels, which are servers. Lock files and the
//! client know better; this is for when neither is there.

use super::project::Dependency;

/// Distributions that hold compiled code, whatever their version.
const NATIVE: &[&str] = &[
    "argon2-cffi",
    "argon2-cffi-bindings",
    "asyncpg",
    "bcrypt",
    "brotli",
    "cchardet",
    "cffi",
    "confluent-kafka",
    "coverage",
    "cryptography",
    "cx-oracle",
    "cython",
    "duckdb",
    "fiona",
    "gevent",
    "greenlet",
    "grpcio",
    "h5py",
    "hiredis",
    "httptools",
    "jpype1",
    "kiwisolver",
    "ldap",
    "levenshtein",
    "lxml",
    "markupsafe",
    "matplotlib",
    "msgpack",
    "multidict",
    "mysqlclient",
    "numba",
    "numpy",
    "opencv-python",
    "opencv-python-headless",
    "oracledb",
    "orjson",
    "pandas",
    "pikepdf",
    "pillow",
    "polars",
    "psutil",
    "psycopg-binary",
    "psycopg-c",
    "psycopg2",
    "psycopg2-binary",
    "pyarrow",
    "pycairo",
    "pycryptodome",
    "pycurl",
    "pydantic-core",
    "pymssql",
    "pymupdf",
    "pynacl",
    "pyodbc",
    "pyproj",
    "python-ldap",
    "python-magic-bin",
    "python-snappy",
    "pyyaml",
    "pyzmq",
    "rapidfuzz",
    "regex",
    "rpds-py",
    "ruamel-yaml-clib",
    "scikit-learn",
    "scipy",
    "sentencepiece",
    "shapely",
    "simplejson",
    "tiktoken",
    "tokenizers",
    "torch",
    "ujson",
    "uvloop",
    "uwsgi",
    "watchfiles",
    "wrapt",
    "xmlsec",
    "yarl",
    "zstandard",
];

/// Those of [`NATIVE`] that publish source archives only, for Linux at least.
const WITHOUT_WHEELS: &[&str] = &[
    "dbus-python",
    "gdal",
    "mod-wsgi",
    "mysqlclient",
    "psycopg-c",
    "psycopg2",
    "pycairo",
    "pycups",
    "pygobject",
    "pygraphviz",
    "python-ldap",
    "uwsgi",
];

/// Distributions of Python 2 that Python 3 can't import, and what took their
/// place.
const PYTHON_2: &[(&str, &str)] = &[
    (
        "django-jython",
        "the database module of djwar's engine `jython`",
    ),
    ("enum34", "the standard library's `enum`"),
    ("functools32", "the standard library's `functools`"),
    ("futures", "the standard library's `concurrent.futures`"),
    ("mysql-python", "`mysqlclient` or `PyMySQL`"),
    ("pil", "`Pillow`"),
    ("pysqlite", "the standard library's `sqlite3`"),
    ("wsgiref", "the standard library's `wsgiref`"),
];

/// Distributions for Windows alone.
const WINDOWS: &[&str] = &[
    "pypiwin32",
    "pywin32",
    "pywinpty",
    "win-unicode-console",
    "wmi",
];

/// Databases' clients whose module djwar brings over JDBC for Jython.
const DATABASE_CLIENTS: &[&str] = &[
    "mysql-python",
    "mysqlclient",
    "psycopg2",
    "psycopg2-binary",
    "pysqlite",
];

/// Application servers: the container serves the project.
const SERVERS: &[&str] = &[
    "bjoern",
    "cheroot",
    "chaussette",
    "daphne",
    "granian",
    "gunicorn",
    "hypercorn",
    "meinheld",
    "mod-wsgi",
    "uvicorn",
    "uvicorn-worker",
    "uwsgi",
    "waitress",
];

/// Whether it holds compiled code, itself or by an extra that is asked for
/// (`psycopg[binary]`).
pub fn holds_code(dependency: &Dependency) -> bool {
    let extra = |extra: &String| NATIVE.contains(&format!("{}-{extra}", dependency.name).as_str());
    is_native(&dependency.name) || dependency.extras.iter().any(extra)
}

/// Whether a distribution of that (normalised) name holds compiled code.
pub fn is_native(name: &str) -> bool {
    NATIVE.contains(&name) || WITHOUT_WHEELS.contains(&name)
}

/// Whether a distribution of that name publishes no wheels for Linux.
pub fn has_no_wheels(name: &str) -> bool {
    WITHOUT_WHEELS.contains(&name)
}

/// What replaces a distribution that is for Python 2 alone.
pub fn successor(name: &str) -> Option<&'static str> {
    let found = PYTHON_2.iter().find(|(old, _)| *old == name);
    found.map(|(_, new)| *new)
}

/// Whether a distribution of that name is for Windows alone.
pub fn is_for_windows(name: &str) -> bool {
    WINDOWS.contains(&name)
}

/// Whether the engine `jython` has a module over JDBC in place of that distribution.
pub fn is_database_client(name: &str) -> bool {
    DATABASE_CLIENTS.contains(&name)
}

/// Whether a distribution of that name is an application server.
pub fn is_server(name: &str) -> bool {
    SERVERS.contains(&name)
}
