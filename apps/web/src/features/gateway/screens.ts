/** The screens around the gateway, read when the first of them is opened. */
export { UsageScreen } from '../usage/UsageScreen.tsx'
