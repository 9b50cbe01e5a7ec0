import { createApp } from 'vue'
import App from './App.vue'
import './window.css'
import './console/console.css'

createApp(App).mount('#window')
