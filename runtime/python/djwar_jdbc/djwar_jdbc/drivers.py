"""JDBC drivers, by class and not through DriverManager.

DriverManager belongs to the JVM: a driver that registers there keeps the application's class loader
after an undeploy. So a driver is asked directly, and what its static initializer registered is taken
out again. A driver of the container (from its own class loader) stays as it is.
"""

from java.lang import Class, ClassNotFoundException, NoClassDefFoundError, Thread
from java.sql import DriverManager
from java.util import Properties

from djwar_jdbc import datasource


class Driver(object):
    """One driver: its class, and the coordinates that bring it."""

    def __init__(self, module, class_name, coordinates):
        self.module = module
        self.class_name = class_name
        self.coordinates = coordinates
        self._driver = None

    def missing(self):
        """What to say when the class is not there."""
        return ('the JDBC driver `%s` is not in the WAR: %s needs the jar `%s` in WEB-INF/lib '
                '(or in the container\'s own class path)' % (self.class_name, self.module, self.coordinates))

    def require(self):
        """For the moment of import. A DataSource may bring a driver that the application can't see."""
        if not datasource.any_named():
            self.driver()

    def driver(self):
        if self._driver is None:
            loader = Thread.currentThread().getContextClassLoader() or Driver.__module_loader()
            try:
                found = Class.forName(self.class_name, True, loader)
            except (ClassNotFoundException, NoClassDefFoundError):
                try:
                    found = Class.forName(self.class_name, True, Driver.__module_loader())
                except (ClassNotFoundException, NoClassDefFoundError):
                    raise ImportError(self.missing())
            self._driver = found.getDeclaredConstructor().newInstance()
            _deregister(found)
        return self._driver

    @staticmethod
    def __module_loader():
        from org.python.core import Py
        return Class.getClassLoader(Py)

    def connect(self, url, properties):
        """A java.sql.Connection. `properties` maps names to texts."""
        given = Properties()
        for name, value in properties.items():
            given.setProperty(name, value)
        return self.driver().connect(url, given)


def _deregister(driver_class):
    from org.python.core import Py
    if driver_class.getClassLoader() is not Class.getClassLoader(Py):
        return
    for driver in list(DriverManager.getDrivers()):
        if driver.getClass().getClassLoader() is driver_class.getClassLoader():
            DriverManager.deregisterDriver(driver)
