"""What a text of SQL is: its kind, and its named parameters."""

import re

_COMMENTS = re.compile(r'(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)+', re.DOTALL)
_WORD = re.compile(r'[A-Za-z]+')
# Literals, quoted names and comments are skipped; what is left may be a parameter.
_TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|[:@$]([A-Za-z_]\w*)""",
                     re.DOTALL)


def first_word(sql):
    """The first word in upper case, behind white space and comments."""
    at = 0
    skipped = _COMMENTS.match(sql)
    if skipped:
        at = skipped.end()
    word = _WORD.match(sql, at)
    return word.group(0).upper() if word else ''


def named_parameters(sql):
    """The SQL with `?` for each `:name`, and the names in order."""
    names = []

    def replaced(token):
        if token.group(1) is None:
            return token.group(0)
        names.append(token.group(1))
        return '?'
    return _TOKENS.sub(replaced, sql), names
