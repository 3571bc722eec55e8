// The words of the replay's bar, in both languages.
import { language } from '../text';

const words = {
  en: {
    title: 'Replay', what: 'Recorded, not live', pause: 'Pause', play: 'Play', step: 'One second on', seek: 'Instant shown',
    speed: 'Speed', ended: 'End of the recording', failed: 'The replay did not take that: {why}',
  },
  zh: {
    title: '回放', what: '录制数据，非实时', pause: '暂停', play: '播放', step: '前进一秒', seek: '显示时刻',
    speed: '速度', ended: '录制结束', failed: '回放未接受该操作：{why}',
  },
} as const;

export function w(key: keyof typeof words.en, why = ''): string {
  return words[language.value][key].replace('{why}', why);
}
