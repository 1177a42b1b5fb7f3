"""JNDI DataSources: which database uses one, and looking it up.

The engine puts `DJWAR_DATASOURCE_ALIAS` into the environment for each parameter `djwar.datasource.ALIAS`;
`OPTIONS = {'datasource': NAME}` in a database's settings says the same for one database.
"""

import os
import sys

_PREFIX = 'DJWAR_DATASOURCE_'


class LookupFailed(Exception):
    """The name gives no DataSource; the message says what to do."""


def any_named():
    return any(name.startswith(_PREFIX) and os.environ[name] for name in os.environ)


def asking_alias():
    """The alias of the Django database wrapper that asks for a connection; None outside of Django.

    The wrapper does not pass its alias on to the DB-API module, and its settings need not be unique among
    the project's databases: so it is read from the caller's `self`.
    """
    frame = sys._getframe(1)
    for _ in range(6):
        frame = frame.f_back
        if frame is None:
            return None
        caller = frame.f_locals.get('self')
        if hasattr(caller, 'settings_dict') and hasattr(caller, 'alias'):
            return caller.alias
    return None


def name_for(options):
    """The JNDI name to use, or None. Takes `datasource` out of the options."""
    explicit = options.pop('datasource', None)
    if explicit:
        return explicit
    if not any_named():
        return None
    alias = asking_alias()
    return alias and os.environ.get(_PREFIX + alias.upper()) or None


def connect(name):
    """A connection of the DataSource with that name."""
    return lookup(name).getConnection()


def lookup(name):
    """The DataSource with that name."""
    from javax.naming import InitialContext, NameNotFoundException, NamingException, NoInitialContextException
    from javax.sql import DataSource
    try:
        found = InitialContext().lookup(name)
    except NoInitialContextException:
        raise LookupFailed('the DataSource `%s` can\'t be looked up: there is no JNDI here. It is the container\'s; '
                           'commands outside of it need the database\'s own settings' % name)
    except NameNotFoundException as failure:
        raise LookupFailed('no DataSource is bound to `%s` (%s): declare it in the container, such as a <Resource> of '
                           'Tomcat\'s context.xml or a <New> of Jetty\'s jetty-env.xml, or correct %s'
                           % (name, failure.getMessage(), _place(name)))
    except NamingException as failure:
        raise LookupFailed('the container can\'t make the DataSource `%s` of %s (%s): look at what declares it'
                           % (name, _place(name), failure.getRootCause() or failure.getMessage()))
    if not isinstance(found, DataSource):
        raise LookupFailed('`%s`, which %s names, is bound to a %s, not to a javax.sql.DataSource'
                           % (name, _place(name), found.getClass().getName() if hasattr(found, 'getClass') else type(found).__name__))
    return found


def _place(name):
    """Where a name was given."""
    aliases = sorted(variable[len(_PREFIX):].lower() for variable in os.environ
                     if variable.startswith(_PREFIX) and os.environ[variable] == name)
    if aliases:
        return ' and '.join('`djwar.datasource.%s`' % alias for alias in aliases)
    return '`datasource` in OPTIONS of the settings\' DATABASES'


def trouble():
    """What is wrong with the names of the parameters, for the start: pages without a database work all the same."""
    for name in sorted(set(os.environ[variable] for variable in os.environ if variable.startswith(_PREFIX))):
        try:
            name and lookup(name)
        except LookupFailed as failure:
            yield str(failure)
