import { z } from 'zod'

// Our pages forbid eval, which zod would otherwise use to build faster parsers.
z.config({ jitless: true })
