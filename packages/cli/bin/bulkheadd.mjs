#!/usr/bin/env node
import '@bulkhead/daemon/main'
