/**
 * The cpython engine: worker processes forked from a parent that has imported the project, framed over a Unix socket.
 * {@code docs/concepts/worker-protocol.md} is the contract with {@code djwar_handler}.
 */
package org.djwar.runtime.cpython;
