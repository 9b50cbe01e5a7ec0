/**
 * Whether the address names the sidebar. Addresses such as `#/today` belong to the workbench; everything else is the sidebar, also
 * `#wechat_redirect`, which the login leaves behind: a fragment lives on through redirects.
 */
export const isSidebarAddress = (): boolean => !/^#\/\w/.test(location.hash)
