import { Component, createElement, type ComponentType, type FunctionComponent } from 'preact';

/** A component that is drawn again only when one of its properties is another one. */
export function memo<P extends object>(part: FunctionComponent<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const now = this.props as P;
      const keys = Object.keys(next) as (keyof P)[];
      return keys.length !== Object.keys(now).length || keys.some(k => next[k] !== now[k]);
    }
    override render(): ReturnType<FunctionComponent<P>> { return createElement(part, this.props as P); }
  };
}
