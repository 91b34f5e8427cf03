/**
 * The command line: one class a command, mixins for options that commands share. Commands parse,
 * call the packages to the left, and show the result; they compute nothing themselves.
 */
package org.hspace.cli;
