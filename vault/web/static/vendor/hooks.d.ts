// Types of what the explorer uses of hooks.js: for checking only, never served.
type Set<T> = (value: T | ((before: T) => T)) => void;
export function useState<T>(first: T | (() => T)): [T, Set<T>];
export function useMemo<T>(make: () => T, on: unknown[]): T;
export function useCallback<T extends (...given: any[]) => unknown>(call: T, on: unknown[]): T;
export function useRef<T>(first: T): { current: T };
export function useEffect(act: () => void | (() => void), on?: unknown[]): void;
export function useLayoutEffect(act: () => void | (() => void), on?: unknown[]): void;
