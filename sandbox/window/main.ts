import { createApp } from 'vue'
import App from './App.vue'
import './window.css'

createApp(App).mount('#window')
