import './style.css';
import { render, type JSX } from 'preact';
import { connect } from './live/connection';
import { refreshSamples } from './live/derive';
import { effect } from '@preact/signals';
import { link } from './live/connection';
import { route } from './route';
import { language, t, type Key } from './text';
import { AlarmsScreen } from './screens/AlarmsScreen';
import { AuditScreen } from './screens/AuditScreen';
import { CityScreen } from './screens/CityScreen';
import { CorridorScreen } from './screens/CorridorScreen';
import { FeedsScreen } from './screens/FeedsScreen';
import { IntersectionScreen } from './screens/IntersectionScreen';
import { LoginScreen } from './screens/LoginScreen';
import { MapScreen } from './screens/MapScreen';
import { watchScrollers } from './ui/scrollers';
import { Shell } from './ui/Shell';

const screens = {
  map: MapScreen, intersection: IntersectionScreen, city: CityScreen, corridor: CorridorScreen, alarms: AlarmsScreen,
  feeds: FeedsScreen, audit: AuditScreen, login: LoginScreen,
};

function App(): JSX.Element {
  const Screen = screens[route.value.screen];
  return <Shell><Screen /></Shell>;
}

effect(() => { document.title = `${t(`nav.${route.value.screen}` as Key)} · ${t('app.name')}`; void language.value; });
effect(() => { if (link.value === 'live') void refreshSamples(); });

render(<App />, document.getElementById('app')!);
watchScrollers();
void connect();
