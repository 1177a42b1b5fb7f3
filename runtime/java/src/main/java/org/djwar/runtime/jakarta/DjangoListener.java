package org.djwar.runtime.jakarta;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.util.Collections;
import org.djwar.runtime.Application;

/**
 * Starts Django with the web application. Undertow (WildFly) and Liberty initialise filters at the first request only: a project
 * that can't start would be noticed by its first visitor.
 */
public final class DjangoListener implements ServletContextListener {
    private ServletContainer container;
    private Application application;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        container = new ServletContainer(event.getServletContext(), Collections.emptyEnumeration(), name -> null);
        application = Application.open(container);
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        if (application != null) {
            application.close(container);
        }
    }
}
