package org.djwar.runtime.cpython;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How to start the parent process.
 *
 * @param command the interpreter and its arguments
 * @param environment all of the process's environment variables
 * @param folder its working directory
 * @param settings the first line on its stdin, without what the engine adds (protocol, socket, token)
 * @param explanation what is known about the interpreter, for messages
 */
public record Launch(
        List<String> command, Map<String, String> environment, Path folder, Map<String, Object> settings, String explanation) {}
