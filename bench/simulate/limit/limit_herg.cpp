// Two-gate hERG model on the 8-s sine-wave protocol, batch over parameter draws (one lane = one draw), exact exponential gate update per sample.
// Command per 0.1-ms interval: mean of its end samples (jumps > 3 mV: the value before the jump). Constant command: rates are computed once.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cmath>
#include <vector>
#include <algorithm>
#include <random>
#include "simd.hpp"
#include "clock.hpp"
struct Data{ int n; double EK,range,pub,p[9]; std::vector<double> V,I,keep,D; };
static const char*folder="/tmp";
static Data load(int c){ char f[4096]; snprintf(f,sizeof f,"%s/herg_%d.bin",folder,c); FILE*h=fopen(f,"rb"); double hd[13]; if(!h||fread(hd,8,13,h)!=13) exit(1); Data d; d.n=hd[0]; d.EK=hd[1]; d.range=hd[2]; d.pub=hd[3]; memcpy(d.p,hd+4,72);
  for(auto*v:{&d.V,&d.I,&d.keep}){ v->resize(d.n); if(fread(v->data(),8,d.n,h)!=(size_t)d.n) exit(1); } d.D.resize(d.n); 
  for(int i=0;i<d.n;i++){ double b=i+1<d.n?d.V[i+1]:d.V[i]; d.D[i]=std::abs(b-d.V[i])<3?.5*(b+d.V[i]):d.V[i]; } return d; }
static double scalar(const Data&d,const double*p,int sub){ // libm reference; sub > 1 refines the command linearly inside the interval
  auto k=[&](double V,double*o){o[0]=p[0]*exp(p[1]*V);o[1]=p[2]*exp(-p[3]*V);o[2]=p[4]*exp(p[5]*V);o[3]=p[6]*exp(-p[7]*V);}; double o[4]; k(-80,o); double a=o[0]/(o[0]+o[1]),r=o[3]/(o[2]+o[3]),s=0,m=0;
  for(int i=0;i<d.n;i++){ if(d.keep[i]>0){ double e=p[8]*a*r*(d.V[i]-d.EK)-d.I[i]; s+=e*e; m++; } 
    double b=i+1<d.n?d.V[i+1]:d.V[i]; if(std::abs(b-d.V[i])>=3) b=d.V[i];
    for(int j=0;j<sub;j++){ double V=sub==1?d.D[i]:d.V[i]+(b-d.V[i])*(j+.5)/sub,h=.1/sub; k(V,o); double x=o[0]+o[1],y=o[2]+o[3]; a=o[0]/x+(a-o[0]/x)*exp(-x*h); r=o[3]/y+(r-o[3]/y)*exp(-y*h); } }
  return sqrt(s/m)/d.range; }
template<class T,int N> __attribute__((noinline)) void block(const Data&d,const double(*q)[9],double*err){
  constexpr int L=VT<T>::L; alignas(64) T b[9][N*L]; for(int i=0;i<N*L;i++) for(int j=0;j<9;j++) b[j][i]= (j%2==0&&j<8)?std::log(q[i][j]):((j==3||j==7)?-q[i][j]:q[i][j]);
  P<T,N> p[9]; for(int j=0;j<9;j++) for(int k=0;k<N;k++) memcpy(&p[j].v[k],&b[j][k*L],64);
  P<T,N> a,r,Ea,Er,ca,cr,ss(T(0)); 
  auto rates=[&](T V,P<T,N>&k1,P<T,N>&k2,P<T,N>&k3,P<T,N>&k4)__attribute__((always_inline)){ k1=exptab_(fma_(p[1],V,p[0])); k2=exptab_(fma_(p[3],V,p[2])); k3=exptab_(fma_(p[5],V,p[4])); k4=exptab_(fma_(p[7],V,p[6])); };
  { P<T,N> k1,k2,k3,k4; rates(T(-80),k1,k2,k3,k4); a=k1/(k1+k2); r=k4/(k3+k4); }
  const T lim=sizeof(T)==8?-700:-80; double prev=1e300; 
  for(int i=0;i<d.n;i++){ 
    if(d.keep[i]>0){ P<T,N> e=fma_(p[8]*T(d.V[i]-d.EK),a*r,P<T,N>(T(-d.I[i]))); ss=fma_(e,e,ss); }
    if(d.D[i]!=prev){ prev=d.D[i]; P<T,N> k1,k2,k3,k4; rates(T(prev),k1,k2,k3,k4); P<T,N> x=k1+k2,y=k3+k4,ax=x*T(-.1),ay=y*T(-.1); 
      EACH { if constexpr(L==8){ ax.v[k]=_mm512_max_pd(ax.v[k],set1(lim)); ay.v[k]=_mm512_max_pd(ay.v[k],set1(lim)); } else { ax.v[k]=_mm512_max_ps(ax.v[k],set1(lim)); ay.v[k]=_mm512_max_ps(ay.v[k],set1(lim)); } }
      Ea=exptab_(ax); Er=exptab_(ay); ca=k1/x; ca=fnma_(ca,Ea,ca); cr=k4/y; cr=fnma_(cr,Er,cr); }
    a=fma_(a,Ea,ca); r=fma_(r,Er,cr); }
  T o[N*L]; memcpy(o,&ss,64*N); double m=0; for(double x:d.keep) m+=x; for(int i=0;i<N*L;i++) err[i]=std::sqrt(o[i]/m)/d.range; }
template<class T,int N> void bench(const char*nm,const Data&d,double g,int n){ constexpr int B=N*VT<T>::L; n=(n+B-1)/B*B; std::mt19937_64 e(3); std::normal_distribution<double> z; std::vector<double> q(9*n),er(n); for(int i=0;i<n;i++) for(int j=0;j<9;j++) q[9*i+j]=d.p[j]*(i?std::exp(.3*z(e)):1);
  std::vector<double> c,w; for(int r=0;r<5;r++){ double t=cpu_s(),u=now_s(); for(int i=0;i<n;i+=B) block<T,N>(d,(const double(*)[9])&q[9*i],&er[i]); c.push_back(cpu_s()-t); w.push_back(now_s()-u); } std::sort(c.begin(),c.end()); std::sort(w.begin(),w.end());
  double md=0; for(int i=0;i<16;i++) md=std::max(md,std::abs(er[i]/scalar(d,&q[9*i],1)-1));
  printf("%-20s %8.0f traces/s (cpu; wall %8.0f)  %.1f us/trace  %.2f cycles per lane-sample  max relative error difference to libm over 16 draws %.2g\n",nm,n/c[2],n/w[2],c[2]/n*1e6,c[2]*g*1e9/n/d.n,md); }
int main(int count,char**words){ if(count>1) folder=words[1];
  for(int c:{1,5}){ Data d=load(c); double q[8][9],er[8]; for(auto&x:q) memcpy(x,d.p,72); block<double,1>(d,q,er); int nc=0; for(int i=1;i<d.n;i++) nc+=d.D[i]!=d.D[i-1];
    printf("cell %d: SIMD %.10f  libm %.10f  libm 20 substeps %.10f  published %.10f  (ratio-1 %.2e); rate evaluations %d of %d samples\n",c,er[0],scalar(d,d.p,1),scalar(d,d.p,20),d.pub,er[0]/d.pub-1,nc+1,d.n); }
  Data d=load(5); double g=core_ghz(); printf("core clock %.3f GHz\n",g); bench<double,1>("double, 1 vector",d,g,192); bench<double,2>("double, 2 vectors",d,g,192); bench<double,3>("double, 3 vectors",d,g,192); bench<double,4>("double, 4 vectors",d,g,192);
  bench<float,1>("float, 1 vector",d,g,192); bench<float,2>("float, 2 vectors",d,g,192); bench<float,3>("float, 3 vectors",d,g,192); bench<float,4>("float, 4 vectors",d,g,192); }
