// Enumerations of the wire, in the order of their numbers (src/Model).

export const aspectLetters = 'ruygGsoO';
export const modes = ['Unknown', 'Remote', 'Fallback', 'Fault', 'Flash', 'Off'] as const;
export const rules = [
  'None', 'Programme', 'Extend', 'GapOut', 'MaxOut', 'Pressure', 'Plan', 'WaitBound', 'MinGreen', 'Changing',
  'Operator', 'BlockedExit', 'Stale', 'ControllerFault', 'Invariant', 'Idle',
] as const;
export const overrideKinds = ['Release', 'Hold', 'Force', 'Skip', 'Programme'] as const;
export const clocks = ['Live', 'Feed', 'Simulated', 'Replay'] as const;

export type Mode = (typeof modes)[number];
export type Rule = (typeof rules)[number];
export type OverrideKind = (typeof overrideKinds)[number];
export type Clock = (typeof clocks)[number];
export type Role = 'Viewer' | 'Operator' | 'Engineer' | 'Administrator';
export const roles: readonly Role[] = ['Viewer', 'Operator', 'Engineer', 'Administrator'];

/** Aspect classes: what a head says, whatever its exact letter. */
export type Look = 'green' | 'amber' | 'red' | 'dark';
export const looks: readonly Look[] = ['red', 'amber', 'amber', 'green', 'green', 'red', 'amber', 'dark'];
