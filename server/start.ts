/** `npm start`: production, unless NODE_ENV says otherwise. Set before anything of ours is read. */
process.env.NODE_ENV ||= 'production'
await import('./main.ts')

export {}
