/// <reference path="./es2023.d.ts" />
/** What the kernel gives to the cells of a notebook. */

/**
 * Asks the person at the notebook and waits for the line.
 *
 * @param message shown beside the field
 * @throws Error where nobody can be asked, as in a headless run
 */
declare function prompt(message?: string): string;

/**
 * As prompt, under the name that Python has for it. `await input("...")` works too.
 *
 * @param options with `password: true` the line isn't shown
 */
declare function input(message?: string, options?: { password?: boolean }): string;
