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
    from javax.naming import InitialContext, NamingException, NoInitialContextException
    from javax.sql import DataSource
    try:
        found = InitialContext().lookup(name)
    except NoInitialContextException:
        raise LookupFailed('the DataSource `%s` can\'t be looked up: there is no JNDI here. It is the container\'s; '
                           'commands outside of it need the database\'s own settings' % name)
    except NamingException as failure:
        raise LookupFailed('no DataSource is bound to `%s` (%s): declare it in the container, such as a <Resource> of '
                           'Tomcat\'s context.xml or a <New> of Jetty\'s jetty-env.xml, or correct djwar.datasource.ALIAS'
                           % (name, failure.getMessage()))
    if not isinstance(found, DataSource):
        raise LookupFailed('`%s` is bound to a %s, not to a javax.sql.DataSource'
                           % (name, found.getClass().getName() if hasattr(found, 'getClass') else type(found).__name__))
    return found.getConnection()
