// The live picture of the city, decoded from the frames of /api/v1/live (docs/WIRE-DASHBOARD.md).
import type { City } from '../model/city';

const headerSize = 64, laneSize = 10, intersectionFixed = 44;
export const keyKind = 1, deltaKind = 2, vehiclesKind = 3, version = 2;

export class Picture {
  number = 0;
  timeMs = 0;
  readonly vehicles: Uint8Array;
  readonly stopped: Uint8Array;
  /** m/s, or -1 where nobody was seen. */
  readonly speed: Float32Array;
  readonly occupancy: Float32Array;
  readonly confidence: Float32Array;
  /** Bit 0: the queue fills the lane. Bit 1: a camera has seen it. Bits 2 and 3: delay against the usual, see unusualOf. */
  readonly laneFlags: Uint8Array;
  readonly queueM: Float32Array;
  readonly flowVph: Uint16Array;

  /** -1: unknown. */
  readonly stage: Int16Array;
  readonly previousStage: Int16Array;
  /** Bit 0: changing. Bit 1: commanded by the brain. */
  readonly flags: Uint8Array;
  readonly mode: Uint8Array;
  readonly rule: Uint8Array;
  readonly gate: Uint8Array;
  readonly override: Uint8Array;
  readonly overrideStage: Int16Array;
  readonly stageSince: Float64Array;
  readonly waitSince: Float64Array;
  readonly overrideUntil: Float64Array;
  readonly waitGroup: Int16Array;
  readonly present: Uint16Array;
  readonly halted: Uint16Array;
  readonly silent: Uint8Array;
  /** Vehicles' worth of delay on the approaches, mean of five minutes; and the usual one, -1: not known yet. */
  readonly delay: Float32Array;
  readonly usualDelay: Float32Array;
  /** Group g of intersection i at groupStart[i] + g. */
  readonly aspects: Uint8Array;
  readonly groupStart: Int32Array;
  private readonly groupCount: Int32Array;

  totals = { vehicles: 0, stopped: 0, speedMps: 0, flowVph: 0, delayRate: 0, queueM: 0, longestWaitS: 0, longestWaitAt: -1, spillback: 0, fallback: 0, faulty: 0 };

  /** Vehicles in view: those of lane l are numbers seenStart[l] .. + seenCount[l]. */
  readonly seenStart: Int32Array;
  readonly seenCount: Uint8Array;
  seenDistance = new Float32Array(0);
  seenSpeed = new Float32Array(0);
  seenLength = new Float32Array(0);
  seenClass = new Uint8Array(0);

  constructor(city: City) {
    const n = city.lanes.length, m = city.intersections.length;
    this.vehicles = new Uint8Array(n); this.stopped = new Uint8Array(n);
    this.speed = new Float32Array(n).fill(-1); this.occupancy = new Float32Array(n);
    this.confidence = new Float32Array(n); this.laneFlags = new Uint8Array(n);
    this.queueM = new Float32Array(n); this.flowVph = new Uint16Array(n);
    this.stage = new Int16Array(m).fill(-1); this.previousStage = new Int16Array(m).fill(-1);
    this.flags = new Uint8Array(m); this.mode = new Uint8Array(m);
    this.rule = new Uint8Array(m); this.gate = new Uint8Array(m);
    this.override = new Uint8Array(m); this.overrideStage = new Int16Array(m).fill(-1);
    this.stageSince = new Float64Array(m); this.waitSince = new Float64Array(m).fill(-1);
    this.overrideUntil = new Float64Array(m); this.waitGroup = new Int16Array(m).fill(-1);
    this.present = new Uint16Array(m); this.halted = new Uint16Array(m); this.silent = new Uint8Array(m).fill(1);
    this.delay = new Float32Array(m); this.usualDelay = new Float32Array(m).fill(-1);
    this.groupStart = new Int32Array(m); this.groupCount = new Int32Array(m);
    let groups = 0;
    city.intersections.forEach((place, i) => {
      this.groupStart[i] = groups;
      this.groupCount[i] = place.groups.length;
      groups += place.groups.length;
    });
    this.aspects = new Uint8Array(groups);
    this.seenStart = new Int32Array(n); this.seenCount = new Uint8Array(n);
  }

  /** Takes one binary message; false if it is not one this version knows. */
  take(buffer: ArrayBuffer): boolean {
    const view = new DataView(buffer);
    if (buffer.byteLength < 24 || view.getUint8(1) !== version) return false;
    const kind = view.getUint8(0);
    if (kind === vehiclesKind) return this.takeVehicles(view);
    if (kind !== keyKind && kind !== deltaKind) return false;
    this.takeHeader(view);
    const lanes = view.getInt32(16, true), intersections = view.getInt32(20, true);
    const withIndex = kind === deltaKind;
    let at = headerSize;
    for (let k = 0; k < lanes; k++) {
      const lane = withIndex ? view.getInt32(at, true) : k;
      if (withIndex) at += 4;
      this.takeLane(view, at, lane);
      at += laneSize;
    }
    for (let k = 0; k < intersections; k++) {
      const i = withIndex ? view.getInt32(at, true) : k;
      if (withIndex) at += 4;
      this.takeIntersection(view, at, i);
      at += intersectionFixed + this.groupCount[i]!;
    }
    return true;
  }

  aspect(intersection: number, group: number): number {
    return this.aspects[this.groupStart[intersection]! + group] ?? 0;
  }

  /** 0: nothing is known of this hour; 1: as usual; 2: more; 3: much more. */
  unusualOf(lane: number): number {
    return this.laneFlags[lane]! >> 2 & 3;
  }

  waitS(intersection: number): number {
    const since = this.waitSince[intersection]!;
    return since < 0 ? 0 : Math.max(0, (this.timeMs - since) / 1000);
  }

  private takeHeader(view: DataView): void {
    this.number = view.getUint32(4, true);
    this.timeMs = view.getFloat64(8, true);
    const f = (i: number): number => view.getFloat32(24 + 4 * i, true);
    this.totals = {
      vehicles: f(0), stopped: f(1), speedMps: f(2), flowVph: f(3), delayRate: f(4), queueM: f(5), longestWaitS: f(6),
      longestWaitAt: view.getInt32(52, true), spillback: view.getInt32(56, true),
      fallback: view.getUint16(60, true), faulty: view.getUint16(62, true),
    };
  }

  private takeLane(view: DataView, at: number, lane: number): void {
    this.vehicles[lane] = view.getUint8(at);
    this.stopped[lane] = view.getUint8(at + 1);
    const speed = view.getUint8(at + 2);
    this.speed[lane] = speed === 255 ? -1 : speed * 0.2;
    this.occupancy[lane] = view.getUint8(at + 3) / 255;
    this.confidence[lane] = view.getUint8(at + 4) / 255;
    this.laneFlags[lane] = view.getUint8(at + 5);
    this.queueM[lane] = view.getUint16(at + 6, true) / 10;
    this.flowVph[lane] = view.getUint16(at + 8, true);
  }

  private takeIntersection(view: DataView, at: number, i: number): void {
    const small = (offset: number): number => {
      const value = view.getUint8(at + offset);
      return value === 255 ? -1 : value;
    };
    this.stage[i] = small(0);
    this.previousStage[i] = small(1);
    this.flags[i] = view.getUint8(at + 2);
    this.mode[i] = view.getUint8(at + 3);
    this.rule[i] = view.getUint8(at + 4);
    this.gate[i] = view.getUint8(at + 5);
    this.override[i] = view.getUint8(at + 6);
    this.overrideStage[i] = small(7);
    this.stageSince[i] = view.getFloat64(at + 8, true);
    this.waitSince[i] = view.getFloat64(at + 16, true);
    this.overrideUntil[i] = view.getFloat64(at + 24, true);
    this.waitGroup[i] = small(32);
    this.present[i] = view.getUint16(at + 34, true);
    this.halted[i] = view.getUint16(at + 36, true);
    this.silent[i] = view.getUint8(at + 38);
    this.delay[i] = view.getUint16(at + 40, true) / 100;
    const usual = view.getUint16(at + 42, true);
    this.usualDelay[i] = usual === 0xffff ? -1 : usual / 100;
    const start = this.groupStart[i]!;
    for (let g = 0; g < this.groupCount[i]!; g++) this.aspects[start + g] = view.getUint8(at + intersectionFixed + g);
  }

  private takeVehicles(view: DataView): boolean {
    const lanes = view.getInt32(16, true), count = view.getInt32(20, true);
    if (this.seenDistance.length < count) {
      const room = count * 2;
      this.seenDistance = new Float32Array(room); this.seenSpeed = new Float32Array(room);
      this.seenLength = new Float32Array(room); this.seenClass = new Uint8Array(room);
    }
    this.seenCount.fill(0);
    let at = 24, n = 0;
    for (let k = 0; k < lanes; k++) {
      const lane = view.getInt32(at, true), here = view.getUint8(at + 4);
      at += 5;
      this.seenStart[lane] = n;
      this.seenCount[lane] = here;
      for (let v = 0; v < here; v++, n++, at += 5) {
        this.seenDistance[n] = view.getUint16(at, true) / 100;
        this.seenSpeed[n] = view.getUint8(at + 2) * 0.2;
        this.seenLength[n] = view.getUint8(at + 3) / 10;
        this.seenClass[n] = view.getUint8(at + 4);
      }
    }
    return true;
  }
}
