package org.djwar.runtime;

/** What operators see of one application over JMX: {@code org.djwar:type=Application,name=NAME}. */
public interface ApplicationMXBean {
    /** {@code serving}, or why not. */
    String getState();

    /** Worker processes that serve. */
    int getProcesses();

    /** Requests that can be served at the same time. */
    int getCapacity();

    /** Requests that are being served. */
    int getBusy();

    /** Requests that wait for a worker. */
    int getQueued();

    /** Workers that were started to replace others. */
    long getRestarts();

    /** Requests that Django was asked for, since the start. */
    long getRequests();

    /** Those that were answered by 500 and above, or broke off. */
    long getErrors();

    /** Half of the requests took at most so long, in milliseconds. */
    double getLatencyP50();

    /** 95 of 100 requests took at most so long. */
    double getLatencyP95();

    /** 99 of 100 requests took at most so long. */
    double getLatencyP99();

    /** From which level on djwar's own messages are logged. */
    String getLogLevel();

    /** {@code debug}, {@code info}, {@code warning} or {@code error}. */
    void setLogLevel(String level);

    /** Replaces the workers one after another, each new one warm before the old one goes. */
    void recycle();

    /** Writes the stacks of all threads of the Python processes into the log. */
    void dumpThreads();
}
