/** What the page's script uses of a browser: the sources are checked without its types. */

/** An element. */
export interface PageElement {
  id: string;
  textContent: string | null;
  hidden: boolean;
  value: string;
  className: string;
  title: string;
  readonly dataset: Record<string, string>;
  readonly clientWidth: number;
  readonly clientHeight: number;
  append(...children: (PageElement | string)[]): void;
  replaceChildren(...children: (PageElement | string)[]): void;
  setAttribute(name: string, value: string): void;
  focus(): void;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: { passive: boolean }): void;
  getBoundingClientRect(): { readonly left: number; readonly top: number };
  setPointerCapture(id: number): void;
}

/** An event of any kind. */
export interface PageEvent {
  readonly key: string;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly clientX: number;
  readonly clientY: number;
  readonly pointerId: number;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly target: unknown;
  preventDefault(): void;
}

/** What draws. */
export interface PageContext {
  fillStyle: string;
  strokeStyle: string;
  globalAlpha: number;
  lineWidth: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  clip(): void;
  save(): void;
  restore(): void;
  stroke(): void;
  fill(): void;
}

/** The canvas. */
export interface PageCanvas extends PageElement {
  width: number;
  height: number;
  getContext(type: "2d"): PageContext;
}

/** The window, with its document. */
export interface PageWindow {
  readonly devicePixelRatio: number;
  readonly document: {
    readonly documentElement: PageElement;
    getElementById(id: string): PageElement | null;
    createElement(name: string): PageElement;
  };
  atob(text: string): string;
  requestAnimationFrame(callback: () => void): void;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
  getComputedStyle(element: PageElement): { getPropertyValue(name: string): string };
  matchMedia(query: string): { addEventListener(type: string, listener: () => void): void };
}
