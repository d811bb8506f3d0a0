/** A small host for modules in anywidget's convention: a model without a kernel. */
import type { WidgetModel } from "./widget";

/** A model whose changes are heard at once. Several settings that are set before save_changes draw once. */
export class LocalModel implements WidgetModel {
  private readonly values = new Map<string, unknown>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private changed = new Set<string>();

  constructor(values: Record<string, unknown>) {
    for (const [key, value] of Object.entries(values)) this.values.set(key, value);
  }

  get(key: string): unknown {
    return this.values.get(key);
  }

  set(key: string, value: unknown): void {
    if (this.values.get(key) === value) return;
    this.values.set(key, value);
    this.changed.add(key);
  }

  on(event: string, listener: () => void): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)?.add(listener);
  }

  off(event: string, listener: () => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  save_changes(): void {
    const changed = [...this.changed];
    this.changed = new Set();
    const heard = new Set(["change", ...changed.map((key) => `change:${key}`)].flatMap((event) => [...(this.listeners.get(event) ?? [])]));
    if (changed.length > 0) for (const listener of heard) listener();
  }

  /** All values by their names. */
  all(): Record<string, unknown> {
    return Object.fromEntries(this.values);
  }
}
