"""Context paths: Django settings which are absolute by old habit, below ``/ctx``.

The rules of ``djwar_handler.urls`` (a test compares both), for Python 2.7.
"""

URL_SETTINGS = ("STATIC_URL", "MEDIA_URL", "LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL")
COOKIE_PATH_SETTINGS = ("SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH", "LANGUAGE_COOKIE_PATH")

try:
    _text = basestring
except NameError:
    _text = str


def adapt_settings(settings, context_path):
    """Moves the settings below the context path; the names of those that changed."""
    if not context_path:
        return []
    changed = []
    for name in URL_SETTINGS:
        value = getattr(settings, name, None)
        # A lazy value (reverse_lazy) is no text, and has the script prefix by itself; so has the name of a URL.
        if isinstance(value, _text) and needs_prefix(value, context_path):
            setattr(settings, name, context_path + value)
            changed.append(name)
    for name in COOKIE_PATH_SETTINGS:
        if getattr(settings, name, None) == "/":
            setattr(settings, name, context_path)
            changed.append(name)
    return changed


def needs_prefix(url, context_path):
    """Whether a URL is absolute on this host and outside the context path."""
    return (
        url.startswith("/")
        and not url.startswith("//")
        and url != context_path
        and not url.startswith(context_path + "/")
    )
